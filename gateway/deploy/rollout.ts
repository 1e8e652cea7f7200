// A deploy: the checks, then a first deploy all at once or a new version step by step.
import { setTimeout as wait } from "node:timers/promises";
import { usableRankers } from "../config.ts";
import { addressIn, addressOf, unknownAddress } from "./address.ts";
import { CannotDeploy } from "./cannot-deploy.ts";
import { checkSettings } from "./check.ts";
import { describeBuild, dryRun } from "./dry-run.ts";
import type { Options } from "./options.ts";
import { chooseSecrets, secretsOnWorker, withSecretsFile, type Secrets } from "./secrets.ts";
import { firstKey, smokeKey } from "./smoke-key.ts";
import { describeFindings, smoke, type Smoke } from "./smoke.ts";
import {
  readWranglerToml,
  resolveTarget,
  withNamespaceIds,
  writeConfig,
  type Target,
} from "./target.ts";
import { adoptableNamespaces } from "./namespaces.ts";
import { readOutputs } from "./terraform.ts";
import { deploymentsOf, route, stableVersion } from "./traffic.ts";
import { startUpOf, WranglerFault, type Wrangler } from "./wrangler.ts";

/** Percent of traffic that a new version gets, one step after the other. */
const steps = [10, 50];

export interface Context {
  readonly wrangler: Wrangler;
  readonly environment: NodeJS.ProcessEnv;
  /** For people; a key that is to be kept goes to `show`. */
  readonly say: (line: string) => void;
  readonly show: (line: string) => void;
  /** The person asked to stop. */
  readonly signal: AbortSignal;
}

interface Plan {
  readonly target: Target;
  readonly secrets: Secrets;
  readonly smoke: Omit<Smoke, "url" | "key" | "version">;
  readonly options: Options;
}

/** @throws CannotDeploy saying what is wrong, and which version has the traffic */
export async function deploy(options: Options, context: Context): Promise<void> {
  const { env } = options;
  const { wrangler, say } = context;
  const outputs =
    env === null || options.outputs === "none" ? null : await readOutputs(env, options.outputs);
  const target = resolveTarget(readWranglerToml(), env, outputs);
  writeConfig(target);
  const onWorker = await secretsOnWorker(wrangler, target.flags);
  const secrets = chooseSecrets(context.environment, onWorker);
  const checked = checkSettings(target.vars, secrets, outputs?.secrets);
  if (!checked.ok) {
    const lines = checked.failure.map(({ name, detail }) => `  ${name} ${detail}`);
    throw new CannotDeploy(
      `Nothing was uploaded. The settings of ${target.worker}:\n${lines.join("\n")}`,
    );
  }
  const rankers = usableRankers(checked.value);
  say(`${target.worker}: ranked by ${rankers.join(", then ")}.`);
  say(describeBuild(await dryRun(wrangler, target.flags, options.dryRun)));
  if (options.dryRun) return say("Nothing was uploaded.");
  context.signal.throwIfAborted();

  const { allowDegraded, settleMs } = options;
  const expected = { source: rankers[0] ?? null, allowDegraded, settleMs };
  const plan: Plan = { target, secrets, options, smoke: expected };
  await (onWorker === null ? first(plan, context) : next(plan, context));
}

/** There is nothing to go back to: all at once, and a key to call it with. */
async function first({ target: planned, ...plan }: Plan, context: Context): Promise<void> {
  const { say, show } = context;
  const target = withNamespaceIds(planned, await adoptableNamespaces(context.wrangler, planned));
  writeConfig(target);
  const targets = await deployWhole({ target, ...plan }, context);
  const url = plan.options.url ?? target.url ?? addressIn(targets) ?? unknownAddress();
  const key = await firstKey(target.env, plan.options.tenant);
  say(key.note);
  show(key.out);
  const seen = { ...plan.smoke, url, key: key.out, version: null };
  await assertServes(seen, context, "It has all traffic: there is no version before it.");
  say(`${url} serves. Try it, with the key above in KEY:`);
  say(
    `curl -s ${url}/v1/rank -H "Authorization: Bearer $KEY" -H 'Content-Type: application/json' -d '{"text": "The rent is late.", "catalog": "life"}'`,
  );
}

/** Version by version: without traffic first, so that what fails is seen by the smoke suite alone. */
async function next(plan: Plan, context: Context): Promise<void> {
  const { target, options } = plan;
  const { wrangler, say } = context;
  const before = stableVersion(await deploymentsOf(wrangler, target.flags));
  const id = await upload(plan, context);
  const key = context.environment["THEMERANK_API_KEY"] || (await smokeKey(target.env));
  if (id === null) {
    say("A Durable Object's migration comes at once or not at all.");
    const targets = await deployWhole(plan, context);
    const url = options.url ?? target.url ?? addressIn(targets) ?? unknownAddress();
    const seen = { ...plan.smoke, url, key, version: null };
    return assertServes(
      seen,
      context,
      `It has all traffic; ${before}, before it, cannot come back.`,
    );
  }
  const url = await addressOf(wrangler, target, options.url);
  const seen: Smoke = { ...plan.smoke, url, key, version: { id, worker: target.worker } };
  try {
    for (const percent of [0, ...steps, 100]) {
      const split = percent === 100 ? { [id]: 100 } : { [before]: 100 - percent, [id]: percent };
      await route(wrangler, target.flags, split, `npm run deploy: ${percent} %`);
      say(`It has ${percent} % of the traffic.`);
      if (steps.includes(percent)) {
        await wait(options.holdMs, undefined, { signal: context.signal });
      }
      await assertServes(seen, context, "", percent > 0);
    }
  } catch (error) {
    throw await goneBack(error, before, plan, context);
  }
  // What a version does not hold: routes and cron schedules.
  await wrangler("triggers", "deploy", ...target.flags);
  const back = [
    "npm run deploy -- rollback",
    ...(target.env === null ? [] : ["--env", target.env]),
  ];
  say(`${url} serves ${id}. Back to ${before}: ${back.join(" ")}`);
}

/** Gives all traffic back; what went wrong, and that. */
async function goneBack(
  error: unknown,
  before: string,
  { target }: Plan,
  { wrangler, signal }: Context,
): Promise<unknown> {
  if (!(error instanceof CannotDeploy) && !signal.aborted) return error;
  const why = signal.aborted ? "Stopped." : (error as CannotDeploy).message;
  try {
    await route(
      wrangler,
      target.flags,
      { [before]: 100 },
      "npm run deploy: the smoke suite failed",
    );
  } catch (fault) {
    if (!(fault instanceof WranglerFault)) throw fault;
    const back = `npm run deploy -- rollback ${before}`;
    return new CannotDeploy(
      `${why}\n${fault.message}\nThe traffic is still split. Give it back: ${back}`,
    );
  }
  return new CannotDeploy(`${why}\n${before} has all traffic, as before.`);
}

/** A new version without traffic; null when it brings a migration, which cannot come that way. */
async function upload(
  { target, secrets }: Plan,
  { wrangler, say }: Context,
): Promise<string | null> {
  try {
    const ran = await withSecretsFile(secrets, (file) =>
      wrangler("versions", "upload", "--secrets-file", file, ...target.flags),
    );
    const id = ran.notes.find(({ type }) => type === "version-upload")?.version_id;
    if (!id) throw new CannotDeploy("Wrangler uploaded a version and did not say which.");
    say(`Uploaded ${id}${startUpOf(ran)}.`);
    return id;
  } catch (error) {
    const migrates = /pending Durable Object migration/;
    if (error instanceof WranglerFault && migrates.test(error.message)) return null;
    throw error;
  }
}

/** Uploads a version and gives it all traffic; resolves with the addresses that wrangler names. */
async function deployWhole(
  { target, secrets }: Plan,
  { wrangler, say }: Context,
): Promise<readonly string[]> {
  const ran = await withSecretsFile(secrets, (file) =>
    wrangler("deploy", "--secrets-file", file, ...target.flags),
  );
  const note = ran.notes.find(({ type }) => type === "deploy");
  say(`Deployed ${note?.version_id ?? target.worker}${startUpOf(ran)}.`);
  return note?.targets ?? [];
}

/** @throws CannotDeploy with what failed, and what that leaves */
export async function assertServes(
  target: Smoke,
  { say, signal }: Pick<Context, "say" | "signal">,
  consequence = "",
  briefly = false,
): Promise<void> {
  const findings = await smoke(target, signal);
  say(describeFindings(findings, briefly));
  if (findings.every(({ fault }) => fault === null)) return;
  throw new CannotDeploy(`The smoke suite failed at ${target.url}. ${consequence}`.trim());
}
