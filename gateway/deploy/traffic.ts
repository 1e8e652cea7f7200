// Which versions of a Worker get how much of its traffic.
import { z } from "zod";
import { CannotDeploy } from "./cannot-deploy.ts";
import type { Wrangler } from "./wrangler.ts";

const deployment = z.object({
  created_on: z.string(),
  versions: z.array(z.object({ version_id: z.string(), percentage: z.number() })),
});

export type Deployment = z.output<typeof deployment>;

/** Percent by version; 0 % can be reached by a header alone. */
export type Split = Readonly<Record<string, number>>;

/** The Worker's last deployments, the newest first. */
export async function deploymentsOf(
  wrangler: Wrangler,
  target: readonly string[],
): Promise<readonly Deployment[]> {
  const { stdout } = await wrangler("deployments", "list", "--json", ...target);
  const all = z.array(deployment).parse(JSON.parse(stdout));
  return all.toSorted((a, b) => (a.created_on < b.created_on ? 1 : -1));
}

/**
 * The version that had all traffic last: what a deploy goes back to.
 * @throws CannotDeploy where there was none
 */
export function stableVersion(deployments: readonly Deployment[]): string {
  for (const { versions } of deployments) {
    const whole = versions.find(({ percentage }) => percentage === 100);
    if (whole !== undefined) return whole.version_id;
  }
  throw new CannotDeploy(
    "No version of this Worker has had all traffic: see wrangler versions list.",
  );
}

/**
 * Where a rollback leads: in the midst of a roll-out back to what was stable, else to the version that
 * had all traffic before the one that has it now.
 * @throws CannotDeploy where there is none
 */
export function versionBefore(deployments: readonly Deployment[]): string {
  const [now, ...earlier] = deployments;
  const current = now?.versions.find(({ percentage }) => percentage === 100)?.version_id;
  const rolling = now !== undefined && now.versions.length > 1;
  if (rolling) return stableVersion(deployments);
  const others = earlier.filter(({ versions }) =>
    versions.some(({ version_id: id, percentage }) => percentage === 100 && id !== current),
  );
  if (others.length === 0) throw new CannotDeploy("There is no earlier version to go back to.");
  return stableVersion(others);
}

/** Deals the traffic out. */
export async function route(
  wrangler: Wrangler,
  target: readonly string[],
  split: Split,
  message: string,
): Promise<void> {
  const shares = Object.entries(split).map(([version, percent]) => `${version}@${percent}%`);
  await wrangler("versions", "deploy", ...shares, "--yes", "--message", message, ...target);
}
