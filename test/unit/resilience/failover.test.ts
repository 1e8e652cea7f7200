// Guarantees of the failover between providers.
import { describe, expect, it } from "vitest";
import { fail, ok, type Failure, type Result } from "../../../gateway/core/failure.ts";
import { failover } from "../../../gateway/resilience/failover.ts";
import { ManualClock } from "../support/manual-clock.ts";

type Source = "origin" | "gemini" | "lexical";
type Answer = Result<{ asked: boolean; by: Source; insteadOf?: Failure }>;

interface Provider {
  readonly source: Source;
  readonly answer: Answer;
  readonly durationMs?: number;
  readonly gate?: Failure;
}

const answered = (by: Source, asked = true): Answer => ok({ asked, by });
const answeredInsteadOf = (failure: Failure, by: Source): Answer =>
  ok({ asked: false, by, insteadOf: failure });
const broken: Failure = { reason: "origin_error", status: 500 };

async function run(...providers: Provider[]) {
  const clock = new ManualClock();
  const asked: Source[] = [];
  const outcome = await failover(
    providers,
    clock,
    ({ gate }) => gate ?? null,
    ({ source, answer, durationMs = 0 }) => {
      asked.push(source);
      clock.advance(durationMs);
      return Promise.resolve(answer);
    },
  );
  return { ...outcome, asked };
}

describe("failover", () => {
  it("takes the first provider's answer and asks nobody else", async () => {
    const { answer, attempts, failures, asked } = await run(
      { source: "origin", answer: answered("origin"), durationMs: 121 },
      { source: "gemini", answer: answered("gemini") },
    );
    expect(answer?.value.by).toBe("origin");
    expect(answer?.provider.source).toBe("origin");
    expect(asked).toEqual(["origin"]);
    expect(attempts).toEqual([{ source: "origin", outcome: "ok", reason: null, durationMs: 121 }]);
    expect(failures).toEqual([]);
  });

  it("asks in the order given and records each try with its own time", async () => {
    const { answer, attempts, failures, asked } = await run(
      { source: "origin", answer: fail(broken), durationMs: 40 },
      { source: "gemini", answer: fail({ reason: "gemini_blocked" }), durationMs: 300 },
      { source: "lexical", answer: answered("lexical"), durationMs: 1 },
    );
    expect(answer?.value.by).toBe("lexical");
    expect(asked).toEqual(["origin", "gemini", "lexical"]);
    expect(attempts).toEqual([
      { source: "origin", outcome: "failed", reason: "origin_error", durationMs: 40 },
      { source: "gemini", outcome: "failed", reason: "gemini_blocked", durationMs: 300 },
      { source: "lexical", outcome: "ok", reason: null, durationMs: 1 },
    ]);
    expect(failures).toEqual([broken, { reason: "gemini_blocked" }]);
  });

  it("never calls a provider behind a closed gate and records it as skipped, with the reason", async () => {
    const { attempts, asked, failures } = await run(
      { source: "gemini", answer: answered("gemini"), gate: { reason: "egress" } },
      { source: "lexical", answer: answered("lexical") },
    );
    expect(asked).toEqual(["lexical"]);
    expect(attempts[0]).toEqual({
      source: "gemini",
      outcome: "skipped",
      reason: "egress",
      durationMs: 0,
    });
    expect(failures).toEqual([{ reason: "egress" }]);
  });

  it("counts an answer from the cache as no attempt", async () => {
    const { answer, attempts } = await run({ source: "origin", answer: answered("origin", false) });
    expect(answer?.value.by).toBe("origin");
    expect(attempts).toEqual([]);
  });

  it("keeps the failed attempts before an answer from the cache", async () => {
    const { attempts } = await run(
      { source: "origin", answer: fail(broken) },
      { source: "gemini", answer: answered("gemini", false) },
    );
    expect(attempts.map(({ source }) => source)).toEqual(["origin"]);
  });

  it("records a provider that knows itself to be down as skipped, not as failed", async () => {
    const spared: Failure = { reason: "origin_overloaded", status: null, retryAfterSeconds: null };
    const { attempts } = await run(
      { source: "origin", answer: fail({ reason: "circuit_open" }) },
      { source: "origin", answer: fail(spared) },
      { source: "lexical", answer: answered("lexical") },
    );
    expect(attempts.map(({ outcome }) => outcome)).toEqual(["skipped", "skipped", "ok"]);
  });

  it("records a provider for which no time was left as skipped, not as failed", async () => {
    const { attempts, answer } = await run(
      { source: "origin", answer: fail({ reason: "origin_timeout", limit: "deadline" }) },
      { source: "gemini", answer: fail({ reason: "deadline" }) },
      { source: "lexical", answer: answered("lexical") },
    );
    expect(attempts.map(({ outcome }) => outcome)).toEqual(["failed", "skipped", "ok"]);
    expect(attempts[1]?.reason).toBe("deadline");
    expect(answer?.value.by).toBe("lexical");
  });

  it.each<[Failure, "failed" | "skipped"]>([
    [broken, "failed"],
    [{ reason: "circuit_open" }, "skipped"],
  ])("keeps why old knowledge of a provider stands in for it: %j", async (failure, outcome) => {
    const { answer, attempts, failures, asked } = await run(
      { source: "origin", answer: answeredInsteadOf(failure, "origin"), durationMs: 7 },
      { source: "gemini", answer: answered("gemini") },
    );
    expect(answer?.value.by).toBe("origin");
    expect(asked).toEqual(["origin"]);
    expect(failures).toEqual([failure]);
    expect(attempts).toEqual([
      { source: "origin", outcome, reason: failure.reason, durationMs: 7 },
    ]);
  });

  it.each<Failure>([
    { reason: "circuit_open" },
    { reason: "budget_spent", retryAfterSeconds: 1 },
    { reason: "gemini_blocked", remembered: true },
  ])("records as skipped who was not asked: %j", async (failure) => {
    const { attempts } = await run(
      { source: "gemini", answer: fail(failure) },
      { source: "lexical", answer: answered("lexical") },
    );
    expect(attempts[0]).toMatchObject({ outcome: "skipped", reason: failure.reason });
  });

  it("has no answer when all failed, and keeps each failure with its data", async () => {
    const { answer, failures } = await run(
      { source: "origin", answer: fail(broken) },
      { source: "gemini", answer: fail({ reason: "gemini_quota", retryAfterSeconds: 7 }) },
    );
    expect(answer).toBeNull();
    expect(failures).toEqual([broken, { reason: "gemini_quota", retryAfterSeconds: 7 }]);
  });

  it("has no answer and no attempts without providers", async () => {
    expect(await run()).toMatchObject({ answer: null, attempts: [], failures: [] });
  });

  it("rounds durations to whole milliseconds", async () => {
    const { attempts } = await run({
      source: "origin",
      answer: answered("origin"),
      durationMs: 12.6,
    });
    expect(attempts[0]?.durationMs).toBe(13);
  });

  it("lets an exception through: a bug is no reason to fail over", async () => {
    const asked: Source[] = [];
    const providers: { source: Source }[] = [{ source: "origin" }, { source: "gemini" }];
    const outcome = failover(
      providers,
      new ManualClock(),
      () => null,
      ({ source }): Promise<Answer> => {
        asked.push(source);
        return Promise.reject(new TypeError("a bug"));
      },
    );
    await expect(outcome).rejects.toThrow("a bug");
    expect(asked).toEqual(["origin"]);
  });
});
