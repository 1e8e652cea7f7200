// An isolate's side of the tenants' budgets: calls it may still make, counts it has not told yet.
import type { Failure } from "../core/failure.ts";
import type { Allowance, Clock } from "../core/ports.ts";
import { late, within } from "../core/within.ts";
import {
  dayOf,
  endOf,
  minuteOf,
  noCounts,
  type CallLimits,
  type Counts,
  type Entry,
  type Lease,
  type Period,
  type Tally,
} from "./ledger.ts";

/** What is asked of a tenant's BUDGET. */
export interface BudgetStub {
  lease(nowMs: number, limits: CallLimits): Promise<Lease>;
  post(nowMs: number, entries: readonly Entry[]): Promise<void>;
  tally(nowMs: number): Promise<Tally>;
}

export interface AccountSettings {
  readonly limits: CallLimits;
  /** What happens to paid calls while BUDGET does not answer. */
  readonly policy: "allow" | "refuse";
  /** How long BUDGET may take. */
  readonly timeoutMs: number;
}

/** While BUDGET does not answer and the policy is to allow: as many calls a minute, isolate and tenant. */
const unaskedCalls = 10;
/** A BUDGET that did not answer is left alone for as long. */
const retryMs = 5_000;
/** Counts are told when so many requests are among them, or the last were told so long ago. */
const postRequests = 100;
const postMs = 10_000;
/** Counts that nobody took are kept for as long. */
const keepMinutes = 1_440;

interface Account {
  /** Calls in hand, for this minute only. */
  calls: number;
  minute: number;
  /** What this minute's last lease said is spent. */
  spent: Period | null;
  /** The last day that was said to be spent, and the last minute in which calls were not asked for. */
  spentDay: number;
  unaskedMinute: number;
  silentUntilMs: number;
  postedMs: number;
  /** By minute. */
  entries: Map<number, Entry>;
}

/**
 * The accounts of all tenants in this isolate. Requests share what was lent, never a promise: each
 * asks for itself.
 */
export class Accounts implements Allowance {
  readonly #stubOf: (tenant: string) => BudgetStub;
  readonly #clock: Clock;
  readonly #settings: AccountSettings;
  readonly #report: (fault: "budget_unreachable") => void;
  readonly #accounts = new Map<string, Account>();

  /** @param report hears of each time that BUDGET did not answer */
  constructor(
    stubOf: (tenant: string) => BudgetStub,
    clock: Clock,
    settings: AccountSettings,
    report: (fault: "budget_unreachable") => void,
  ) {
    this.#stubOf = stubOf;
    this.#clock = clock;
    this.#settings = settings;
    this.#report = report;
  }

  get limits(): CallLimits {
    return this.#settings.limits;
  }

  async take(tenant: string, budgetMs: number): Promise<Failure | null> {
    const account = this.#account(tenant);
    if (this.limits.day === null && this.limits.minute === null) {
      this.#note(account, { calls: 1 });
      return null;
    }
    if (draw(account)) return null;
    if (account.spent === null && this.#clock.nowMs() >= account.silentUntilMs) {
      if (await this.#lease(tenant, account, budgetMs)) return null;
    }
    if (draw(account) || this.#lendUnasked(account)) return null;
    const nowMs = this.#clock.nowMs();
    const untilMs = account.spent === null ? account.silentUntilMs : endOf(account.spent, nowMs);
    const retryAfterSeconds = Math.max(1, Math.ceil((untilMs - nowMs) / 1_000));
    return { reason: "budget_spent", retryAfterSeconds };
  }

  /**
   * Counts a ranking request, and tells BUDGET now and then.
   * @param defer runs work after the answer is sent
   */
  count(tenant: string, cached: boolean, defer: (work: Promise<void>) => void): void {
    const account = this.#account(tenant);
    this.#note(account, { requests: 1, cached: cached ? 1 : 0 });
    const requests = [...account.entries.values()].reduce((sum, entry) => sum + entry.requests, 0);
    const sinceMs = this.#clock.nowMs() - account.postedMs;
    if (requests >= postRequests || sinceMs >= postMs) defer(this.#post(tenant, account));
  }

  /** The tenant's day and minute, with this isolate's own counts; null while BUDGET does not answer. */
  async tally(tenant: string): Promise<Tally | null> {
    await this.#post(tenant, this.#account(tenant));
    return this.#ask((nowMs) => this.#stubOf(tenant).tally(nowMs));
  }

  /** The account in the present minute: calls left over from an earlier one go back. */
  #account(tenant: string): Account {
    const minute = minuteOf(this.#clock.nowMs());
    const account = this.#accounts.get(tenant) ?? {
      calls: 0,
      minute,
      spent: null,
      spentDay: Number.NaN,
      unaskedMinute: Number.NaN,
      silentUntilMs: 0,
      postedMs: 0,
      entries: new Map<number, Entry>(),
    };
    this.#accounts.set(tenant, account);
    if (account.minute !== minute) {
      if (account.calls > 0) this.#note(account, { calls: -account.calls });
      // A spent day is asked after once a minute: another isolate may have given back.
      Object.assign(account, { calls: 0, minute, spent: null });
    }
    return account;
  }

  /** @returns whether the asker has its call; the rest of the lease is for those who follow */
  async #lease(tenant: string, account: Account, budgetMs: number): Promise<boolean> {
    const askedMs = this.#clock.nowMs();
    const lease = await this.#ask(() => this.#stubOf(tenant).lease(askedMs, this.limits), budgetMs);
    if (lease === null) {
      account.silentUntilMs = this.#clock.nowMs() + retryMs;
      return false;
    }
    const minute = minuteOf(askedMs);
    if (lease.spent === "day") account.spentDay = dayOf(askedMs);
    if (lease.calls === 0) {
      if (account.minute === minute) account.spent = lease.spent;
      return false;
    }
    if (account.minute === minute) account.calls += lease.calls - 1;
    else this.#note(account, { calls: 1 - lease.calls }, minute);
    return true;
  }

  #lendUnasked(account: Account): boolean {
    const { policy, limits } = this.#settings;
    const nowMs = this.#clock.nowMs();
    const minute = minuteOf(nowMs);
    if (policy === "refuse" || account.spent !== null || nowMs >= account.silentUntilMs)
      return false;
    if (account.spentDay === dayOf(nowMs) || account.unaskedMinute === minute) return false;
    const calls = Math.min(unaskedCalls, limits.day ?? Infinity, limits.minute ?? Infinity);
    if (calls === 0) return false;
    account.unaskedMinute = minute;
    this.#note(account, { calls });
    account.calls += calls;
    return draw(account);
  }

  #note(account: Account, counts: Partial<Counts>, minute = account.minute): void {
    const { calls, requests, cached } = account.entries.get(minute) ?? noCounts;
    account.entries.set(minute, {
      minute,
      calls: calls + (counts.calls ?? 0),
      requests: requests + (counts.requests ?? 0),
      cached: cached + (counts.cached ?? 0),
    });
  }

  async #post(tenant: string, account: Account): Promise<void> {
    const nowMs = this.#clock.nowMs();
    const oldest = minuteOf(nowMs) - keepMinutes;
    const entries = [...account.entries.values()].filter(({ minute }) => minute >= oldest);
    account.entries = new Map();
    account.postedMs = nowMs;
    if (entries.length === 0) return;
    try {
      await this.#stubOf(tenant).post(nowMs, entries);
    } catch {
      this.#report("budget_unreachable");
      for (const { minute, ...counts } of entries) this.#note(account, counts, minute);
    }
  }

  /** What BUDGET says, null where it fails or takes too long. */
  async #ask<T>(question: (nowMs: number) => Promise<T>, budgetMs = Infinity): Promise<T | null> {
    const capMs = Math.min(budgetMs, this.#settings.timeoutMs);
    try {
      const answer = await within(this.#clock, capMs, question(this.#clock.nowMs()));
      if (answer !== late) return answer;
    } catch {
      // As one that does not answer.
    }
    this.#report("budget_unreachable");
    return null;
  }
}

function draw(account: Account): boolean {
  if (account.calls === 0) return false;
  account.calls -= 1;
  return true;
}
