// Guarantees of how the hosted model is asked while it fails.
import { describe, expect, it } from "vitest";
import type { BreakerMode } from "../../../gateway/core/circuit.ts";
import { fail, ok, type Failure, type Result } from "../../../gateway/core/failure.ts";
import type { Stage } from "../../../gateway/core/ports.ts";
import { HostedHealth } from "../../../gateway/resilience/hosted-health.ts";
import { patientStage } from "../../support/patient.ts";
import { ManualClock } from "../support/manual-clock.ts";

const unreachable: Failure = { reason: "gemini_unreachable" };
const slow: Failure = { reason: "gemini_timeout", limit: "cap" };
const broken: Failure = { reason: "gemini_error", status: 503 };
const keyRefused: Failure = { reason: "gemini_error", status: 400 };
const quota = (retryAfterSeconds: number | null): Failure => ({
  reason: "gemini_quota",
  retryAfterSeconds,
});

function start(mode: BreakerMode = "auto") {
  const clock = new ManualClock();
  const health = new HostedHealth(clock, mode, () => 0.5);
  const stage: Stage = patientStage(6_000, new AbortController().signal);
  let calls = 0;
  /** One request; each call it makes is answered by the next of `answers`, the last one again. */
  const ask = async (...answers: readonly (Failure | "ok")[]) => {
    let made = 0;
    const asked = health.ask(stage, (): Promise<Result<string>> => {
      const answer = answers[Math.min(made, answers.length - 1)] ?? "ok";
      made += 1;
      return Promise.resolve(answer === "ok" ? ok("answer") : fail(answer));
    });
    // A pause, should there be one, is over at once.
    for (let turn = 0; turn < 10; turn += 1) {
      // oxlint-disable-next-line no-await-in-loop -- lets the request go on to its pause
      await Promise.resolve();
      if (clock.dueMs !== null) clock.advance(clock.dueMs);
    }
    const answer = await asked;
    calls += made;
    return { reason: answer.ok ? null : answer.failure.reason, calls: made };
  };
  return { clock, health, ask, total: () => calls };
}

describe("the hosted model", () => {
  it("is asked once more where it failed at once, and the second answer counts", async () => {
    for (const failure of [unreachable, broken, quota(2)]) {
      const { ask } = start();
      // oxlint-disable-next-line no-await-in-loop -- each on its own
      expect(await ask(failure, "ok")).toEqual({ reason: null, calls: 2 });
    }
  });

  it("is not asked again where that costs the caller's time, a second price, or is of no use", async () => {
    const once: readonly Failure[] = [
      slow,
      keyRefused,
      quota(null),
      quota(30),
      { reason: "gemini_blocked" },
      { reason: "gemini_bad_output", defect: "truncated" },
      { reason: "gemini_bad_output", defect: "not_json" },
      { reason: "budget_spent", retryAfterSeconds: 9 },
      { reason: "call_limit" },
    ];
    for (const failure of once) {
      const { ask } = start();
      // oxlint-disable-next-line no-await-in-loop -- each on its own
      expect(await ask(failure)).toEqual({ reason: failure.reason, calls: 1 });
    }
  });

  it("is asked again five times in all while little succeeds", async () => {
    const { ask, total } = start("closed");
    // oxlint-disable-next-line no-await-in-loop -- one after another
    for (let request = 0; request < 20; request += 1) await ask(broken);
    expect(total()).toBe(25);
  });

  it("is passed over after three failures, and tried by one request when 5 s are over", async () => {
    const { ask, clock, health } = start();
    for (let request = 0; request < 3; request += 1) {
      // oxlint-disable-next-line no-await-in-loop -- one after another
      expect(await ask(slow)).toEqual({ reason: "gemini_timeout", calls: 1 });
    }
    expect(await ask("ok")).toEqual({ reason: "circuit_open", calls: 0 });
    expect(health.view).toMatchObject({ state: "open", reason: "gemini_timeout" });
    clock.advance(5_000);
    expect(health.view.state).toBe("half-open");
    const trial = Promise.withResolvers<Result<string>>();
    const stage = patientStage(6_000, new AbortController().signal);
    const tried = health.ask(stage, () => trial.promise);
    expect(await ask("ok")).toEqual({ reason: "circuit_open", calls: 0 });
    trial.resolve(ok("answer"));
    expect((await tried).ok).toBe(true);
    expect(health.view.state).toBe("closed");
    expect(await ask("ok")).toEqual({ reason: null, calls: 1 });
  });

  it("is passed over for longer each time that a trial fails, for 15 s at most", async () => {
    const { ask, clock } = start();
    // oxlint-disable-next-line no-await-in-loop -- one after another
    for (let request = 0; request < 3; request += 1) await ask(slow);
    for (const seconds of [5, 10, 15, 15]) {
      clock.advance(seconds * 1_000 - 1);
      // oxlint-disable-next-line no-await-in-loop -- one after another
      expect(await ask("ok")).toEqual({ reason: "circuit_open", calls: 0 });
      clock.advance(1);
      // oxlint-disable-next-line no-await-in-loop -- as above
      expect(await ask(slow)).toEqual({ reason: "gemini_timeout", calls: 1 });
    }
  });

  it("is passed over for 5 s after a wave of failures, however many were under way", async () => {
    const { ask, clock, health } = start();
    const stage = patientStage(6_000, new AbortController().signal);
    const wave = Promise.withResolvers<Result<string>>();
    const asked = Array.from({ length: 20 }, () => health.ask(stage, () => wave.promise));
    wave.resolve(fail(slow));
    await Promise.all(asked);
    clock.advance(4_999);
    expect(await ask("ok")).toEqual({ reason: "circuit_open", calls: 0 });
    clock.advance(1);
    expect(await ask("ok")).toEqual({ reason: null, calls: 1 });
  });

  it("is there again when a trial is answered by a refusal, of a text or of a key", async () => {
    for (const refusal of [keyRefused, { reason: "gemini_blocked" } as const]) {
      const { ask, clock, health } = start();
      // oxlint-disable-next-line no-await-in-loop -- one after another
      for (let request = 0; request < 3; request += 1) await ask(slow);
      clock.advance(5_000);
      // oxlint-disable-next-line no-await-in-loop -- as above
      expect((await ask(refusal)).reason).toBe(refusal.reason);
      expect(health.view.state).toBe("closed");
    }
  });

  it("is passed over as long as it asks for, a minute at most", async () => {
    for (const [asked, waited] of [
      [30, 30],
      [1_000_000_000, 60],
    ] as const) {
      const { ask, clock } = start();
      // oxlint-disable-next-line no-await-in-loop -- each on its own
      expect((await ask(quota(asked))).reason).toBe("gemini_quota");
      clock.advance(waited * 1_000 - 1);
      // oxlint-disable-next-line no-await-in-loop -- as above
      expect(await ask("ok")).toEqual({ reason: "circuit_open", calls: 0 });
      clock.advance(1);
      // oxlint-disable-next-line no-await-in-loop -- as above
      expect(await ask("ok")).toEqual({ reason: null, calls: 1 });
    }
  });

  it("is not passed over for what a text, a caller or our own settings brought about", async () => {
    const harmless: readonly Failure[] = [
      keyRefused,
      { reason: "gemini_blocked" },
      { reason: "gemini_bad_output", defect: "truncated" },
      { reason: "gemini_timeout", limit: "deadline" },
      { reason: "budget_spent", retryAfterSeconds: 9 },
    ];
    for (const failure of harmless) {
      const { ask, health } = start();
      // oxlint-disable-next-line no-await-in-loop -- one after another
      for (let request = 0; request < 20; request += 1) await ask(failure);
      expect(health.view.state).toBe("closed");
    }
  });

  it("is asked whatever fails where the breaker is forced closed", async () => {
    const { ask, health } = start("closed");
    // oxlint-disable-next-line no-await-in-loop -- one after another
    for (let request = 0; request < 20; request += 1) await ask(slow);
    expect(await ask("ok")).toEqual({ reason: null, calls: 1 });
    expect(health.view.state).toBe("closed");
  });
});
