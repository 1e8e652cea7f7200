// Where a deployed Worker answers.
import { CannotDeploy } from "./cannot-deploy.ts";
import type { Target } from "./target.ts";
import type { Wrangler } from "./wrangler.ts";

/** The first of what wrangler says it deployed to that is an address: schedules are targets too. */
export function addressIn(targets: readonly string[]): string | null {
  for (const target of targets) {
    const [host = ""] = target.replace(/^https?:\/\//, "").split(/[\s/(]/);
    if (/^[\w-]+(?:\.[\w-]+)+(?::\d+)?$/.test(host)) return `https://${host}`;
  }
  return null;
}

/**
 * The address: as told, as Terraform has it, or as wrangler says when it sets the triggers again, which
 * changes nothing where they are as in wrangler.toml.
 * @throws CannotDeploy where there is none
 */
export async function addressOf(
  wrangler: Wrangler,
  target: Target,
  told: string | null,
): Promise<string> {
  if (told !== null) return told;
  if (target.url !== null) return target.url;
  const { stdout } = await wrangler("triggers", "deploy", ...target.flags);
  const lines = stdout.split("\n").map((line) => line.trim());
  return addressIn(lines.filter((line) => line.startsWith("https://"))) ?? unknownAddress();
}

export function unknownAddress(): never {
  throw new CannotDeploy("Wrangler names no address of this Worker: give --url URL.");
}
