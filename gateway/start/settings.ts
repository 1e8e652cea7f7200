// The gateway's settings for a local run: flags, then environment, then .dev.vars, then wrangler.toml,
// then what is made up here.
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { parseEnv } from "node:util";
import { parse, TomlError } from "smol-toml";
import { configNames } from "../config.ts";
import { CannotStart } from "./cannot-start.ts";
import type { Options } from "./options.ts";

export type Settings = Readonly<Record<string, string>>;

/** What a person has set beside wrangler.toml: flags win over the environment, that over .dev.vars. */
export function givenSettings(
  options: Options,
  environment: NodeJS.ProcessEnv,
  devVarsFile: string,
): Settings {
  const flags: Record<string, string> = {};
  if (options.origin !== null) {
    flags["ORIGIN_BASE_URL"] = options.origin === "none" ? "" : options.origin;
  }
  if (options.dialect !== null) flags["ORIGIN_DIALECT"] = options.dialect;
  return { ...readDevVars(devVarsFile), ...pick(environment, configNames), ...flags };
}

/**
 * The `[vars]` of the default environment; wrangler reads them itself, and a number stays one.
 * @throws CannotStart saying what is wrong with the file, and where
 */
export function wranglerVars(file: string): Readonly<Record<string, unknown>> {
  if (!existsSync(file)) throw new CannotStart(`${file} is missing.`);
  try {
    const { vars } = parse(readFileSync(file, "utf8"));
    return typeof vars === "object" ? Object.fromEntries(Object.entries(vars)) : {};
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const [what] = error.message.split("\n");
    throw new CannotStart(`${file}:${error.line}:${error.column}: ${what}.`);
  }
}

/** What the embedded origin needs the gateway to know of it. */
export function embeddedSettings(originUrl: string): Settings {
  return {
    ORIGIN_BASE_URL: originUrl,
    ORIGIN_DIALECT: "rerank",
    ORIGIN_MODEL_VERSION: "embedded-use-lite-en-2",
    // A catalogue that is new to it is embedded theme by theme on a CPU.
    ORIGIN_TIMEOUT_MS: "10000",
  };
}

/** A secret for cache keys; with `keepIn`, the same one in every run, else kept results were lost. */
export function localPepper(keepIn: string | null): string {
  const kept = keepIn !== null && existsSync(keepIn) ? readFileSync(keepIn, "utf8") : "";
  if (kept !== "") return kept;
  const pepper = randomBytes(32).toString("hex");
  if (keepIn !== null) writeFileSync(keepIn, pepper, { mode: 0o600 });
  return pepper;
}

/**
 * The settings as an .env file, readable by its owner alone: flags would show secrets in `ps`.
 * @throws CannotStart naming a setting that such a file cannot hold
 */
export function writeEnvFile(file: string, settings: Settings): void {
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${quote(name, value)}`);
  writeFileSync(file, `${lines.join("\n")}\n`, { mode: 0o600 });
}

function readDevVars(file: string): Settings {
  if (!existsSync(file)) return {};
  const parsed = parseEnv(readFileSync(file, "utf8"));
  return pick(parsed, Object.keys(parsed));
}

function pick(from: NodeJS.Dict<string>, names: readonly string[]): Settings {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = from[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/**
 * A value as wrangler's dotenv reads it back. No escape exists for a quote, so one is chosen that the
 * value does not hold; double ones are the last choice, `\n` would be a line break within them.
 */
function quote(name: string, value: string): string {
  // A dollar sign would name another variable.
  const literal = value.replaceAll("$", String.raw`\$`);
  if (/^[^\s#'"`]+$/.test(value)) return literal;
  const mark = ["'", "`", '"'].find(
    (each) => !value.includes(each) && !(each === '"' && /\\[nr]/.test(value)),
  );
  if (mark === undefined) {
    throw new CannotStart(`${name} holds all of ', " and \`: it cannot be passed on.`);
  }
  return mark + literal + mark;
}
