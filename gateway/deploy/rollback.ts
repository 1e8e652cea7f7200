// Back to the version before, in one command.
import { CannotDeploy } from "./cannot-deploy.ts";
import type { Options } from "./options.ts";
import type { Context } from "./rollout.ts";
import { deployedFlags } from "./target.ts";
import { deploymentsOf, route, versionBefore } from "./traffic.ts";

/** Needs neither Terraform nor secrets: what is on Cloudflare stays as it is, but for the traffic. */
export async function rollback(options: Options, { wrangler, say }: Context): Promise<void> {
  const flags = deployedFlags(options.env);
  const deployments = await deploymentsOf(wrangler, flags);
  if (deployments.length === 0) throw new CannotDeploy("This Worker was never deployed.");
  const version = options.version ?? versionBefore(deployments);
  await route(wrangler, flags, { [version]: 100 }, "npm run deploy -- rollback");
  say(`${version} has all traffic.`);
}
