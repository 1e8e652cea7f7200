// The origin as one summarizer: the same servers, and the same health, as when it ranks.
import { fail } from "../core/failure.ts";
import type { Summarizer } from "../core/ports.ts";
import type { OriginHealth } from "../resilience/origin-health.ts";

/** @param replicas the same summarizer for each server, at least one, in the order of `health` */
export function createReplicatedSummarizer(
  replicas: readonly [Summarizer, ...Summarizer[]],
  health: OriginHealth,
): Summarizer {
  const [{ source, model, version }] = replicas;
  return {
    source,
    model,
    version,
    summarize: (request, deadline, progress) =>
      health.ask("summary", request.text, deadline, async (index) => {
        const replica = replicas[index];
        return (
          replica?.summarize(request, deadline, progress) ?? fail({ reason: "origin_unreachable" })
        );
      }),
  };
}
