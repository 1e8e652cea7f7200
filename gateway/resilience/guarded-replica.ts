// One of the origin's servers: whether it may be asked, and what calls, probes and others teach of it.
import type { CircuitView, Probe } from "../core/circuit.ts";
import { fail, type Failure, type Reason, type Result } from "../core/failure.ts";
import type { Clock, Deadline } from "../core/ports.ts";
import { breakerSettings } from "./breaker-settings.ts";
import { CircuitBreaker, type Ticket } from "./circuit-breaker.ts";
import { createDeadline } from "./deadline.ts";
import { classify, type FailureClass, type OriginWork } from "./failure-class.ts";
import type { Noticeboard } from "./noticeboard.ts";
import { Throttle } from "./throttle.ts";

export interface Replica {
  /** Names it to other isolates; says nothing of its address. */
  readonly id: string;
  /** A ranking of one theme: the smallest thing the origin is for. */
  readonly probe: (deadline: Deadline) => Promise<Result<unknown>>;
}

export interface ReplicaSettings {
  /** A probe's time, like a small ranking's. */
  readonly probeTimeoutMs: number;
  readonly colo: Noticeboard;
  readonly world: Noticeboard;
  /** Runs work after the answer is sent. */
  readonly defer: (work: Promise<void>) => void;
  /** Hears of what somebody should look into. */
  readonly alarm: (alarm: Reason, status: number) => void;
  /** 0 to 1. */
  readonly chance: () => number;
}

/** A success, or having asked the others, is an opinion for so long. */
const opinionMs = 5_000;
/** While others may be probing it. */
const waitingOpinionMs = 1_000;
/** KV's news changes once a minute. */
const worldOpinionMs = 30_000;
/** What asking others may cost a request. */
const consultMs = 100;
/** Not on each failure of a wave. */
const doubtEveryMs = 5_000;
/** Both must fail. */
const doubtProbes = 2;
/** Two in a row end before what runs after an answer is cut off, 30 s after it. */
const maxProbeMs = 12_000;
/** Of a probe's deadline: more than the reserve that every deadline keeps back. */
const probeSlackMs = 500;
/** How often an isolate looks whether another one's probes have ended. */
const lookAgainMs = 5_000;

const never = Number.NEGATIVE_INFINITY;

/** What a probe met: an origin that is overloaded is there. */
const isDown = (failure: Reason | null): failure is Reason =>
  failure !== null && failure !== "origin_overloaded";

export class GuardedReplica {
  readonly id: string;
  readonly breaker: CircuitBreaker;
  readonly #throttle: Throttle;
  readonly #probeOnce: Replica["probe"];
  readonly #clock: Clock;
  readonly #settings: ReplicaSettings;
  #consultedMs = never;
  #worldConsultedMs = never;
  #doubtedMs = never;
  #lastProbe: Probe | null = null;

  constructor({ id, probe }: Replica, clock: Clock, settings: ReplicaSettings) {
    this.id = id;
    this.breaker = new CircuitBreaker(clock, settings.chance);
    this.#throttle = new Throttle(clock, settings.chance);
    this.#probeOnce = probe;
    this.#clock = clock;
    this.#settings = settings;
  }

  /** As this isolate knows it. */
  get view(): CircuitView {
    return { ...this.breaker.view, lastProbe: this.#lastProbe };
  }

  /** A ticket for one call, or why it is not to be asked now. May ask other isolates first. */
  async admit(deadline: Deadline): Promise<Result<Ticket>> {
    const { breaker } = this;
    const nowMs = this.#clock.nowMs();
    const opinionAgeMs = nowMs - Math.max(breaker.succeededMs, this.#consultedMs);
    const isUnsure = breaker.waits
      ? nowMs - this.#consultedMs >= waitingOpinionMs
      : breaker.view.state === "closed" && opinionAgeMs >= opinionMs;
    if (isUnsure) await this.#consult(Math.min(consultMs, deadline.spareMs()));
    const ticket = breaker.admit();
    const hasRoom = () => deadline.calls.takeProbes(breakerSettings.probesToReturn);
    if (breaker.startProbe(lookAgainMs, hasRoom)) this.#settings.defer(this.#revive());
    if (ticket === null) return fail({ reason: "circuit_open" });
    if (!this.#throttle.admits())
      return fail({ reason: "origin_overloaded", status: null, retryAfterSeconds: null });
    return { ok: true, value: ticket };
  }

  /** What came of a call that was admitted. */
  learn(ticket: Ticket, work: OriginWork, answer: Result<unknown>, deadline: Deadline): void {
    const { breaker } = this;
    const verdict = answer.ok ? null : classify(answer.failure, work);
    if (verdict === "overload") this.#throttle.overloaded();
    else this.#throttle.accepted();
    if (answer.ok) {
      breaker.succeeded(ticket);
    } else if (verdict === "hard" || verdict === "soft") {
      // The next request asks the others first.
      this.#consultedMs = never;
      const opened = breaker.failed(ticket, verdict === "hard", answer.failure.reason);
      if (opened) this.#tell();
      else this.#doubt(deadline);
    } else if (verdict === "doubt") {
      this.#doubt(deadline);
    }
  }

  /**
   * Probes it for the world. KV is written when its state changes, and each time while it is down,
   * so that the news ends by itself when nobody looks any more.
   */
  async watch(): Promise<void> {
    const { world } = this.#settings;
    const before = await world.read(this.id, maxProbeMs);
    const failure = isDown(await this.#probe()) ? await this.#probe() : null;
    const atMs = this.#clock.nowMs();
    const times = { atMs, untilMs: atMs, openings: 1 };
    if (isDown(failure)) {
      await world.post(this.id, { state: "open", reason: failure, ...times });
    } else if (before !== null) {
      await world.post(this.id, { state: "returned", reason: before.reason, ...times });
    }
  }

  /** Asks the data centre, and less often the world, what they know. */
  async #consult(budgetMs: number): Promise<void> {
    const { colo, world } = this.#settings;
    const nowMs = this.#clock.nowMs();
    const asksWorld = nowMs - this.#worldConsultedMs >= worldOpinionMs;
    const news = await Promise.all([
      colo.read(this.id, budgetMs),
      asksWorld ? world.read(this.id, budgetMs) : null,
    ]);
    // Only now: who came meanwhile had to ask as well.
    this.#consultedMs = nowMs;
    if (asksWorld) this.#worldConsultedMs = nowMs;
    for (const each of news) if (each !== null) this.breaker.learn(each);
  }

  #tell(): void {
    const { news } = this.breaker;
    if (news !== null) this.#settings.defer(this.#settings.colo.post(this.id, news));
  }

  /** After a failure: two probes in the background, so that fewer users have to find out. */
  #doubt({ calls }: Deadline): void {
    const { breaker } = this;
    const startedMs = this.#clock.nowMs();
    if (breaker.view.state === "open" || startedMs - this.#doubtedMs < doubtEveryMs) return;
    if (!calls.takeProbes(doubtProbes)) return;
    this.#doubtedMs = startedMs;
    const settle = async () => {
      if (!(await this.#settings.colo.claim(this.id))) return;
      const [first, second] = await Promise.all([this.#probe(), this.#probe()]);
      if (!isDown(first) || !isDown(second)) return;
      // A call that succeeded meanwhile knows better.
      if (breaker.succeededMs >= startedMs || breaker.view.state === "open") return;
      breaker.trip(first);
      this.#tell();
    };
    this.#settings.defer(settle());
  }

  /** An open circuit whose time is over: probed, by one isolate of a data centre at a time. */
  async #revive(): Promise<void> {
    const { breaker } = this;
    if (!(await this.#settings.colo.claim(this.id))) return;
    for (let count = 0; count < breakerSettings.probesToReturn; count += 1) {
      const failure = await this.#probe();
      if (!breaker.waits) return;
      if (failure === null) continue;
      breaker.trip(failure);
      this.#tell();
      return;
    }
    breaker.startReturn();
    this.#tell();
  }

  /** Why the origin cannot be asked; null when it can, were it only to refuse what we sent. */
  async #probe(): Promise<Reason | null> {
    const timeoutMs = Math.min(maxProbeMs, this.#settings.probeTimeoutMs);
    const deadline = createDeadline(this.#clock, this.#clock.nowMs(), timeoutMs + probeSlackMs);
    const answer = await this.#probeOnce(deadline);
    const reason = answer.ok ? null : this.#verdict(answer.failure);
    this.#lastProbe = { atMs: this.#clock.nowMs(), reason };
    return reason;
  }

  #verdict(failure: Failure): Reason | null {
    this.raise(failure);
    const verdict: FailureClass = classify(failure, "ranking");
    return verdict === "ours" || verdict === "none" ? null : failure.reason;
  }

  /** Tells of what is wrong with what we send, or with our right to send it. */
  raise(failure: Failure): void {
    if (failure.reason === "origin_rejected" || failure.reason === "origin_auth")
      this.#settings.alarm(failure.reason, failure.status);
  }
}
