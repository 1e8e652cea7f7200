// The smoke suite: whether a running gateway, wherever it runs, does what its callers need.
import { setTimeout as wait } from "node:timers/promises";
import { z } from "zod";
import type { RankerSource } from "../core/domain.ts";

/** What is looked at, and what is to be seen there. */
export interface Smoke {
  /** `https://host`, without a path. */
  readonly url: string;
  /** null = it asks for none, which only a local one may. */
  readonly key: string | null;
  /** Cloudflare's id of the version that must answer, and its Worker; null = whichever does. */
  readonly version: { readonly id: string; readonly worker: string } | null;
  /** Who must have ranked; null = whoever did. */
  readonly source: RankerSource | null;
  readonly allowDegraded: boolean;
  /** How long it may take to become visible. */
  readonly settleMs: number;
}

export interface Finding {
  /** The guarantee that was looked at. */
  readonly name: string;
  /** What was seen instead; null = it holds. */
  readonly fault: string | null;
}

const text =
  "The rent went up again, and there is nothing left of my pay. At night I lie awake and count.";
const themes = ["Money", "Sleep", "Music"];
/** Yesterday's scores would hide an upstream that fails today. */
const request = { text, themes, cache: "refresh" };
const pollMs = 1_000;
const requestMs = 30_000;

const problem = z.object({ title: z.string(), detail: z.string().optional() });
const status = z.object({ mode: z.string(), deployment: z.string().nullish() });
const ranking = z.object({
  themes: z.array(z.object({ id: z.string(), score: z.number().min(0).max(100) })),
  source: z.string(),
  degraded: z.boolean(),
  reason: z.string().nullable(),
});
const analysis = ranking.extend({
  summary: z.object({ text: z.string().nullish(), status: z.string() }),
});
const invalid = z.object({ errors: z.array(z.object({ pointer: z.string() })) });

/** Something else than what must be seen was; the message quotes titles, never bodies. */
class Unexpected extends Error {
  override readonly name = "Unexpected";
  readonly #mayPass: boolean;

  /** @param mayPass a change that is not everywhere yet would look the same */
  constructor(message: string, mayPass = false) {
    super(message);
    this.#mayPass = mayPass;
  }

  get mayPass(): boolean {
    return this.#mayPass;
  }
}

/** Runs all of it, in order, and stops where the rest would say nothing. */
export async function smoke(target: Smoke, signal?: AbortSignal): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  const look = async (name: string, see: () => Promise<void>) => {
    let fault: string | null = null;
    try {
      await see();
    } catch (error) {
      signal?.throwIfAborted();
      fault = error instanceof Unexpected ? error.message : `no answer (${reasonOf(error)})`;
    }
    findings.push({ name, fault });
    return fault === null;
  };
  const ask = asker(target, signal);
  const settled = (see: () => Promise<void>) => () => untilSettled(see, target.settleMs, signal);

  const serves = await look(
    "it answers, and as the version that was deployed",
    settled(async () => {
      const { deployment } = await ask("GET", "/v1/status", 200, status);
      const { version } = target;
      if (version === null || deployment === version.id) return;
      throw new Unexpected(`version ${deployment ?? "unknown"} answered, not ${version.id}`, true);
    }),
  );
  if (!serves) return findings;
  await look("its settings are sound", () =>
    ask("GET", "/readyz", 200, z.unknown()).then(() => {}),
  );
  const accepted = await look(
    target.key === null ? "it ranks without a key" : "it ranks for a key",
    // A key that was just made is not in every place at once.
    settled(async () => assertRanked(await ask("POST", "/v1/rank", 200, ranking, request), target)),
  );
  if (target.key !== null) {
    await look("it refuses whoever has no key", () =>
      ask("POST", "/v1/rank", 401, problem, request, { keyless: true }).then(() => {}),
    );
  }
  if (!accepted) return findings;
  await look("it summarises", async () => {
    const answer = await ask("POST", "/v1/analyze", 200, analysis, { ...request, top_k: 2 });
    assertRanked(answer, target, 2);
    if (answer.summary.status !== "complete" || !answer.summary.text) {
      throw new Unexpected(`the summary is ${answer.summary.status}`);
    }
  });
  await look("it says which field of a bad request is wrong", async () => {
    const answer = await ask("POST", "/v1/rank", 422, invalid, { ...request, text: "" });
    if (answer.errors.some(({ pointer }) => pointer === "/text")) return;
    throw new Unexpected("no pointer to /text");
  });
  await look("it describes itself", () =>
    ask("GET", "/openapi.json", 200, z.object({ openapi: z.string() })).then(() => {}),
  );
  return findings;
}

function assertRanked(
  answer: z.output<typeof ranking>,
  target: Smoke,
  count = themes.length,
): void {
  const ids = new Set(answer.themes.map(({ id }) => id));
  if (ids.size !== count || !themes.some((theme) => ids.has(theme))) {
    throw new Unexpected(`${ids.size} of ${count} themes came back`);
  }
  if (target.allowDegraded) return;
  if (answer.degraded) {
    throw new Unexpected(`${answer.source} ranked in the first one's place: ${answer.reason}`);
  }
  if (target.source !== null && answer.source !== target.source) {
    throw new Unexpected(`${answer.source} ranked, not ${target.source}`);
  }
}

/** Asks, and reads an answer of this status and shape. */
function asker({ url, key, version }: Smoke, signal?: AbortSignal) {
  return async <T>(
    method: "GET" | "POST",
    path: string,
    expected: number,
    shape: z.ZodType<T>,
    body?: object,
    { keyless = false } = {},
  ): Promise<T> => {
    const headers = new Headers({ "user-agent": "themerank-smoke" });
    if (body !== undefined) headers.set("content-type", "application/json");
    if (key !== null && !keyless) headers.set("authorization", `Bearer ${key}`);
    if (version !== null) {
      // RFC 8941: a dictionary with the Worker's name as key.
      headers.set("cloudflare-workers-version-overrides", `${version.worker}="${version.id}"`);
    }
    const limit = AbortSignal.timeout(requestMs);
    const response = await fetch(`${url}${path}`, {
      method,
      headers,
      redirect: "manual",
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: signal === undefined ? limit : AbortSignal.any([limit, signal]),
    });
    const answer: unknown = await response.json().catch(() => null);
    if (response.status !== expected) {
      const told = problem.safeParse(answer).data;
      const said =
        told === undefined ? "" : `: ${told.title}${told.detail ? `, ${told.detail}` : ""}`;
      // A new address, version or key: 404, 401, or a page of Cloudflare's own.
      const mayPass =
        response.status === 401 ||
        response.status === 404 ||
        (response.status >= 500 && told === undefined);
      throw new Unexpected(`${path} answered ${response.status}, not ${expected}${said}`, mayPass);
    }
    const read = shape.safeParse(answer);
    if (read.success) return read.data;
    throw new Unexpected(
      `${path} answered in another shape, at ${read.error.issues[0]?.path.join(".")}`,
    );
  };
}

/** Looks again while what was seen may pass by itself. */
async function untilSettled(
  see: () => Promise<void>,
  settleMs: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  const endMs = Date.now() + settleMs;
  for (;;) {
    try {
      return await see();
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof Unexpected && !error.mayPass) throw error;
      if (Date.now() + pollMs > endMs) throw error;
    }
    await wait(pollMs, undefined, signal === undefined ? {} : { signal });
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  return cause instanceof Error ? cause.message || cause.name : error.message;
}

/** For people: a line each, or one for all where nothing is wrong and `briefly` is asked for. */
export function describeFindings(findings: readonly Finding[], briefly = false): string {
  if (briefly && findings.every(({ fault }) => fault === null)) {
    return `  ok      all ${findings.length} of them`;
  }
  return findings
    .map(({ name, fault }) =>
      fault === null ? `  ok      ${name}` : `  FAILED  ${name}: ${fault}`,
    )
    .join("\n");
}
