// Guarantees of the reranker on what it embeds, with an embedder that answers when the test says so.
import { beforeEach, describe, expect, it } from "vitest";
import type { Embedding } from "../../gpu-origin/embedded/embedder.ts";
import { createReranker } from "../../gpu-origin/embedded/reranker.ts";

interface Run {
  readonly text: string;
  readonly signal: AbortSignal;
  readonly answer: (embedding: Embedding) => void;
  readonly fail: (error: Error) => void;
}

const query = "My debts.";
const themes = Array.from({ length: 10 }, (_, i) => `Theme ${i}: of debts`);
const stay = new AbortController().signal;

/** All runs of the embedder for documents, the query's apart, which is answered at once. */
let runs: Run[] = [];
/** Answers documents at once as well. */
let prompt = false;
let reranker: ReturnType<typeof createReranker>;

beforeEach(() => {
  runs = [];
  prompt = false;
  reranker = createReranker((text, signal) => {
    if (text === query) return Promise.resolve([1]);
    const { promise, resolve, reject } = Promise.withResolvers<Embedding>();
    signal.addEventListener("abort", () => reject(signal.reason as Error));
    runs.push({ text, signal, answer: resolve, fail: reject });
    if (prompt) resolve([0.5]);
    return promise;
  });
});

/** Lets all that can go on without the embedder go on. */
const settled = () => new Promise((resolve) => setImmediate(resolve));
const score = (signal = stay, documents = ["Money"]) => reranker.score(query, documents, signal);

describe("documents asked for by several at once", () => {
  it("are embedded once each, and all get the same scores", async () => {
    prompt = true;
    const answers = await Promise.all(Array.from({ length: 6 }, () => score(stay, themes)));
    expect(runs.map(({ text }) => text)).toEqual(themes);
    expect(reranker.embeddedCount()).toBe(10);
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    expect(await score(stay, themes.toReversed())).toEqual(answers[0]?.toReversed());
    expect(runs).toHaveLength(10);
  });

  it("are embedded once in a request that names one twice, too", async () => {
    prompt = true;
    const [first, second] = await score(stay, ["Money", "Money"]);
    expect(first).toBe(second);
    expect(runs).toHaveLength(1);
  });

  it("go on for the others when one has left, who waits no longer", async () => {
    const leaving = new AbortController();
    const left = score(leaving.signal);
    const staying = score();
    await settled();
    leaving.abort();
    await expect(left).rejects.toThrow("aborted");
    expect(runs.map(({ signal }) => signal.aborted)).toEqual([false]);
    runs[0]?.answer([0.5]);
    expect(await staying).toHaveLength(1);
    expect(runs).toHaveLength(1);
  });

  it("are given up when all have left, and embedded anew for the next", async () => {
    const leaving = [new AbortController(), new AbortController()];
    const left = leaving.map(({ signal }) => score(signal));
    await settled();
    for (const controller of leaving) controller.abort();
    const next = score();
    for (const answer of left) await expect(answer).rejects.toThrow("aborted");
    await settled();
    expect(runs.map(({ signal }) => signal.aborted)).toEqual([true, false]);
    runs[1]?.answer([0.5]);
    expect(await next).toHaveLength(1);
    expect(reranker.embeddedCount()).toBe(1);
  });

  it("fail for all who wait, and are embedded anew for the next", async () => {
    const waiting = [score(), score()];
    await settled();
    runs[0]?.fail(new Error("no memory"));
    for (const answer of waiting) await expect(answer).rejects.toThrow("no memory");
    const next = score();
    await settled();
    runs[1]?.answer([0.5]);
    expect(await next).toHaveLength(1);
    expect(runs).toHaveLength(2);
  });

  it("are not begun for one who has already left", async () => {
    await expect(score(AbortSignal.abort())).rejects.toThrow("aborted");
    expect(runs).toEqual([]);
  });
});
