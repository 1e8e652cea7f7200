// What is wrong with a configuration, before anything of it leaves: /readyz's own complaints and more.
import {
  configNames,
  noUsableRanker,
  parseConfig,
  usableRankers,
  type Config,
  type ConfigComplaint,
} from "../config.ts";
import { fail, type Result } from "../core/failure.ts";
import { secretNames } from "./secret-names.ts";
import type { Secrets } from "./secrets.ts";

/** Stands for a secret on the Worker, whose value nobody can read. */
const present = "present";

/**
 * @param vars the variables of the environment
 * @param needed secrets that Terraform's outputs name
 * @returns what the Worker will make of it, or all complaints; none holds a value
 */
export function checkSettings(
  vars: Readonly<Record<string, unknown>>,
  { given, kept }: Secrets,
  needed: readonly string[] = [],
): Result<Config, readonly ConfigComplaint[]> {
  const onWorker = Object.fromEntries(kept.map((name) => [name, present]));
  const parsed = parseConfig({ ...vars, ...onWorker, ...given });
  const complaints: ConfigComplaint[] = parsed.ok ? [] : [...parsed.failure];
  for (const name of Object.keys(vars)) {
    if (secretNames.some((secret) => secret === name)) {
      complaints.push({ name, detail: "is a secret: it must not stand among the variables" });
    } else if (!configNames.includes(name)) {
      complaints.push({ name, detail: "is no setting of the gateway" });
    }
  }
  for (const name of needed.filter((each) => !(each in given) && !kept.includes(each))) {
    complaints.push({ name, detail: "is missing: set it in the environment of this command" });
  }
  if (parsed.ok) complaints.push(...unfit(parsed.value));
  return parsed.ok && complaints.length === 0 ? parsed : fail(complaints);
}

function unfit(config: Config): ConfigComplaint[] {
  const complaints: ConfigComplaint[] = [];
  const rankers = usableRankers(config);
  if (rankers.length === 0) complaints.push(noUsableRanker);
  else if (!rankers.some((source) => source !== "lexical") && config.RANKERS[0] !== "lexical") {
    const detail =
      "is missing, and so is ORIGIN_BASE_URL: only shared words would rank. Set it in the environment of this command, or RANKERS to lexical";
    complaints.push({ name: "GEMINI_API_KEY", detail });
  }
  if (config.AUTH_MODE === "open") {
    complaints.push({ name: "AUTH_MODE", detail: "must be required: anybody could call" });
  }
  for (const url of config.ORIGIN_BASE_URL) {
    if (!/^(?:localhost|127\.|10\.|192\.168\.|\[::1\]$)/.test(new URL(url).hostname)) continue;
    const detail = "is an address of this network: Cloudflare cannot reach it";
    complaints.push({ name: "ORIGIN_BASE_URL", detail });
  }
  return complaints;
}
