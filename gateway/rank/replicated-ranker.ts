// The origin as one ranker, whatever the number of its servers and their health.
import { fail } from "../core/failure.ts";
import type { Deadline, Ranker } from "../core/ports.ts";
import type { OriginHealth } from "../resilience/origin-health.ts";

/** What a probe ranks: the smallest request that proves prompt, model and rating tokens. */
const probeRequest = {
  text: "The rent is due and the account is empty.",
  themes: [{ id: "money", label: "Money", description: "" }],
};

/** Whether a replica can do its work. */
export const probeBy = (ranker: Ranker) => (deadline: Deadline) =>
  ranker.rank(probeRequest, deadline);

/**
 * A text's ranking by the replica it belongs to, whole: an array of prompts is never split.
 * @param replicas the same ranker for each server, at least one, in the order of `health`
 */
export function createReplicatedRanker(
  replicas: readonly [Ranker, ...Ranker[]],
  health: OriginHealth,
): Ranker {
  const [{ source, model, scope, version }] = replicas;
  return {
    source,
    model,
    scope,
    version,
    rank: (request, deadline) =>
      health.ask("ranking", request.text, deadline, async (index) => {
        const replica = replicas[index];
        return replica?.rank(request, deadline) ?? fail({ reason: "origin_unreachable" });
      }),
  };
}
