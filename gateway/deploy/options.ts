// The command line of `npm run deploy`.
import { parseArgs } from "node:util";
import { tenantName } from "../tenancy/stored-key.ts";
import { CannotDeploy } from "./cannot-deploy.ts";

export const usage = `npm run deploy [-- FLAGS]               check, upload, smoke suite, roll out
npm run deploy -- rollback [VERSION]    all traffic to the version before, or to the one named
npm run deploy -- smoke --url URL       the smoke suite alone, against any running gateway

  --env NAME          an environment of wrangler.toml, with Terraform's outputs; without it a Worker
                      of its own, with KV that wrangler makes
  --outputs FILE      those outputs as a file (terraform output -json wrangler > FILE); none = without them
  --url URL           where the gateway answers, when wrangler cannot tell
  --tenant NAME       whose the first key is (default "default")
  --hold-s N          how long 10 % and then 50 % are watched, seconds each (default 60)
  --settle-s N        how long Cloudflare may take to show a change (default 90)
  --allow-degraded    an answer by another ranker than the first is no fault, as in an outage
  --dry-run           checks and builds alone
  --help              this text

Secrets are read from the environment: GEMINI_API_KEY, ORIGIN_API_KEY, ORIGIN_ACCESS_CLIENT_ID,
ORIGIN_ACCESS_CLIENT_SECRET. Those that are not there stay as they are. THEMERANK_API_KEY is the key
of the smoke suite; without it a deploy makes one that ends by itself.`;

export interface Options {
  readonly command: "deploy" | "rollback" | "smoke" | "help";
  /** Of wrangler.toml; null = the Worker without an environment. */
  readonly env: string | null;
  /** A file, "none", or null = ask Terraform. */
  readonly outputs: string | null;
  readonly url: string | null;
  /** Where to roll back to; null = the one before. */
  readonly version: string | null;
  readonly tenant: string;
  readonly holdMs: number;
  readonly settleMs: number;
  readonly allowDegraded: boolean;
  readonly dryRun: boolean;
}

/** @throws CannotDeploy saying what is wrong */
export function readOptions(args: readonly string[]): Options {
  const { values, positionals } = parse(args);
  const [command = "deploy", version, ...rest] = positionals;
  if (command !== "deploy" && command !== "rollback" && command !== "smoke") {
    throw new CannotDeploy(`There is no command ${command}.\n\n${usage}`);
  }
  if (rest.length > 0 || (version !== undefined && command !== "rollback")) {
    throw new CannotDeploy(`${command} takes no more words.\n\n${usage}`);
  }
  if (version !== undefined && !/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(version)) {
    throw new CannotDeploy("VERSION must be a whole id, see: npx wrangler versions list");
  }
  const url = values.url ?? null;
  if (url !== null && !/^https?:\/\//.test(url)) {
    throw new CannotDeploy("--url must be an http or https URL.");
  }
  if (command === "smoke" && url === null && !values.help) {
    throw new CannotDeploy("smoke needs --url URL.");
  }
  if (!tenantName.test(values.tenant)) {
    throw new CannotDeploy(
      "--tenant must be 1 to 64 of a-z, 0-9, _ and -, none of the last first.",
    );
  }
  return {
    command: values.help ? "help" : command,
    env: values.env ?? null,
    outputs: values.outputs ?? null,
    url: url === null ? null : new URL(url).origin,
    version: version ?? null,
    tenant: values.tenant,
    holdMs: milliseconds("--hold-s", values["hold-s"]),
    settleMs: milliseconds("--settle-s", values["settle-s"]),
    allowDegraded: values["allow-degraded"],
    dryRun: values["dry-run"],
  };
}

function milliseconds(flag: string, text: string): number {
  if (/^\d{1,4}$/.test(text)) return Number(text) * 1_000;
  throw new CannotDeploy(`${flag} must be a whole number of seconds, at most 9999.`);
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        env: { type: "string" },
        outputs: { type: "string" },
        url: { type: "string" },
        tenant: { type: "string", default: "default" },
        "hold-s": { type: "string", default: "60" },
        "settle-s": { type: "string", default: "90" },
        "allow-degraded": { type: "boolean", default: false },
        "dry-run": { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
  } catch (error) {
    const [line = ""] = error instanceof Error ? error.message.split(". ") : [];
    throw new CannotDeploy(`${line}.\n\n${usage}`);
  }
}
