// The gateway's settings for a local run: flags, then environment, then .dev.vars, then defaults.
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { parseEnv } from "node:util";
import { configNames } from "../config.ts";
import type { Options } from "./options.ts";

export type Settings = Readonly<Record<string, string>>;

/** What a person has set: the flags win over the environment, the environment over .dev.vars. */
export function givenSettings(options: Options, devVarsFile: string): Settings {
  const environment: Record<string, string> = {};
  for (const name of configNames) {
    const value = process.env[name];
    if (value !== undefined) environment[name] = value;
  }
  const flags: Record<string, string> = {};
  if (options.origin !== null) {
    flags["ORIGIN_BASE_URL"] = options.origin === "none" ? "" : options.origin;
  }
  if (options.dialect !== null) flags["ORIGIN_DIALECT"] = options.dialect;
  return { ...readDevVars(devVarsFile), ...environment, ...flags };
}

/** What the embedded origin needs the gateway to know of it. */
export function embeddedSettings(originUrl: string): Settings {
  return {
    ORIGIN_BASE_URL: originUrl,
    ORIGIN_DIALECT: "rerank",
    ORIGIN_MODEL_VERSION: "embedded-use-lite-en-1",
    // A catalogue that is new to it is embedded theme by theme on a CPU.
    ORIGIN_TIMEOUT_MS: "10000",
  };
}

/** A secret for cache keys; with `keepIn`, the same one in every run, else kept results were lost. */
export function localPepper(keepIn: string | null): string {
  if (keepIn !== null && existsSync(keepIn)) return readFileSync(keepIn, "utf8");
  const pepper = randomBytes(32).toString("hex");
  if (keepIn !== null) writeFileSync(keepIn, pepper, { mode: 0o600 });
  return pepper;
}

/** The settings as an .env file, readable by its owner alone: flags would show secrets in `ps`. */
export function writeEnvFile(file: string, settings: Settings): void {
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${quote(value)}`);
  writeFileSync(file, `${lines.join("\n")}\n`, { mode: 0o600 });
}

function readDevVars(file: string): Settings {
  if (!existsSync(file)) return {};
  const given: Record<string, string> = {};
  for (const [name, value] of Object.entries(parseEnv(readFileSync(file, "utf8")))) {
    if (value !== undefined) given[name] = value;
  }
  return given;
}

/** A dollar sign would name another variable; no escape exists for a quote, so one is chosen. */
function quote(value: string): string {
  const mark = ["'", '"', "`"].find((each) => !value.includes(each)) ?? "'";
  return mark + value.replaceAll("$", String.raw`\$`) + mark;
}
