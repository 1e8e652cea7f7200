// Guarantees of the embedded origin, asked of the real server with the real model.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { text as textOf } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadEmbedder } from "../../gpu-origin/embedded/embedder.ts";
import { createReranker } from "../../gpu-origin/embedded/reranker.ts";
import { createEmbeddedOrigin } from "../../gpu-origin/embedded/server.ts";

interface Result {
  readonly index: number;
  readonly relevance_score: number;
}

const repository = new URL("../../", import.meta.url);
const readSample = (name: string) =>
  JSON.parse(readFileSync(new URL(`gateway/samples/${name}.json`, repository), "utf8"));
const themes: { id: string; label: string; description: string }[] = readSample("life");
const texts: { id: string; text: string }[] = readSample("texts");
const documents = themes.map((theme) => `${theme.label}: ${theme.description}`);
const journal = texts.find(({ id }) => id === "journal")?.text ?? "";

let base = "";
let server: ReturnType<typeof createEmbeddedOrigin>;

beforeAll(async () => {
  server = createEmbeddedOrigin(createReranker(await loadEmbedder()));
  await once(server.listen(0, "127.0.0.1"), "listening");
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());

const post = (body: string | Uint8Array<ArrayBuffer>, signal: AbortSignal | null = null) =>
  fetch(`${base}/v1/rerank`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body,
    signal,
  });

async function rank(query: string, asked: readonly string[], topN?: number): Promise<Result[]> {
  const body = { model: "theme-ranker", query, documents: asked, top_n: topN };
  const response = await post(JSON.stringify(body));
  expect(response.status).toBe(200);
  return ((await response.json()) as { results: Result[] }).results;
}

/** Scores by document, so that orders can differ. */
async function scores(query: string, asked: readonly string[]): Promise<Map<string, number>> {
  const results = await rank(query, asked);
  return new Map(results.map((result) => [asked[result.index] ?? "", result.relevance_score]));
}

async function counter(name: string): Promise<number> {
  const body = await (await fetch(`${base}/metrics`)).text();
  return Number(new RegExp(`^${name} (\\d+)$`, "m").exec(body)?.[1]);
}

describe("ranking", () => {
  it("puts Money first for a text about debt, clearly relevant and well over Travel", async () => {
    const [first] = await rank(journal, documents);
    const found = await scores(journal, documents);
    const of = (id: string) => found.get(documents[themes.findIndex((t) => t.id === id)] ?? "");
    expect(themes[first?.index ?? -1]?.id).toBe("money");
    expect(of("money")).toBeGreaterThan(0.6);
    expect(of("travel")).toBeLessThan(0.25);
  });

  it.each([
    ["support", "shopping"],
    ["abstract", "sleep"],
  ])("puts the subject of the sample %j first: %s", async (id, theme) => {
    const [first] = await rank(texts.find((t) => t.id === id)?.text ?? "", documents);
    expect(themes[first?.index ?? -1]?.id).toBe(theme);
  });

  it("answers best first, each document once, scores 0 to 1", async () => {
    const results = await rank(journal, documents);
    const found = results.map((result) => result.relevance_score);
    expect(found).toEqual(found.toSorted((a, b) => b - a));
    expect(new Set(results.map(({ index }) => index)).size).toBe(documents.length);
    expect(found.every((score) => score >= 0 && score <= 1)).toBe(true);
  });

  it("gives a theme the same score, bit for bit, alone, in a subset, shuffled and at once", async () => {
    const all = await scores(journal, documents);
    const others = [
      documents.slice(0, 1),
      documents.slice(5, 12),
      documents.toReversed(),
      [...documents.slice(9), "Astronomy", ...documents.slice(0, 9)],
    ];
    const answers = await Promise.all(others.map((asked) => scores(journal, asked)));
    for (const answer of answers) {
      for (const [document, score] of answer) expect(all.get(document) ?? score).toBe(score);
    }
  });

  it("gives a new document the same score when it is asked beside a known one", async () => {
    const fresh = "Gardening: Beds, seeds and compost";
    const beside = await scores("I sowed beans in the new beds.", [documents[0] ?? "", fresh]);
    const alone = await scores("I sowed beans in the new beds.", [fresh]);
    expect(alone.get(fresh)).toBe(beside.get(fresh));
  });

  it("returns the top_n best only", async () => {
    expect(await rank(journal, documents, 3)).toEqual((await rank(journal, documents)).slice(0, 3));
  });

  it("takes a label without a description", async () => {
    const found = await scores("We flew to Lisbon on holiday.", ["Travel", "Tax law"]);
    expect(found.get("Travel") ?? 0).toBeGreaterThan(found.get("Tax law") ?? 1);
  });

  it("ranks a text it cannot embed by its words, and says nothing of a text without words", async () => {
    const [first] = await rank("今晚我终于把债务算了一遍。", [
      "旅行: 假期和航班",
      "金钱: 债务和账单",
    ]);
    expect(first?.index).toBe(1);
    for (const { relevance_score: score } of await rank("😀 ?!", documents)) {
      expect(score).toBeLessThan(0.05);
    }
  });

  it("answers for the longest text and for one word of 20,000 letters", async () => {
    expect(await rank("My debts again. ".repeat(1_250), documents)).toHaveLength(24);
    expect(await rank("a".repeat(20_000), documents)).toHaveLength(24);
  });
});

describe("counters", () => {
  it("count every rerank request and its documents, and nothing else", async () => {
    const requests = await counter("embedded_rerank_requests_total");
    const asked = await counter("embedded_rerank_documents_total");
    await fetch(`${base}/health`);
    await rank(journal, documents);
    expect(await counter("embedded_rerank_requests_total")).toBe(requests + 1);
    expect(await counter("embedded_rerank_documents_total")).toBe(asked + documents.length);
  });

  it("show that a known catalogue is not embedded again", async () => {
    await rank("One text.", documents);
    const embedded = await counter("embedded_documents_embedded_total");
    await rank("Another text.", documents.toReversed());
    expect(await counter("embedded_documents_embedded_total")).toBe(embedded);
  });

  it("show that a new catalogue asked for six times at once is embedded once", async () => {
    const fresh = Array.from({ length: 10 }, (_, i) => `Asked for at once ${i}`);
    const embedded = await counter("embedded_documents_embedded_total");
    const answers = await Promise.all(Array.from({ length: 6 }, () => rank(journal, fresh)));
    expect(await counter("embedded_documents_embedded_total")).toBe(embedded + 10);
    for (const answer of answers) expect(answer).toEqual(answers[0]);
  });
});

describe("the wire", () => {
  it("lists its one model and is healthy", async () => {
    const models = await (await fetch(`${base}/v1/models`)).json();
    expect(models).toMatchObject({ object: "list", data: [{ id: "theme-ranker" }] });
    expect((await fetch(`${base}/health`)).status).toBe(200);
  });

  it.each([
    ["what is not JSON", "{query"],
    ["bytes that are not UTF-8", new Uint8Array([0x22, 0xff, 0x22])],
    ["no query", JSON.stringify({ documents: ["Money"] })],
    ["no documents", JSON.stringify({ query: "text", documents: [] })],
    ["a document that is not a string", JSON.stringify({ query: "text", documents: [7] })],
    ["a top_n of 0", JSON.stringify({ query: "text", documents: ["Money"], top_n: 0 })],
    ["1,001 documents", JSON.stringify({ query: "t", documents: Array(1_001).fill("Money") })],
  ])("refuses %s with 400 and a message", async (_, body) => {
    const response = await post(body);
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({ message: expect.stringMatching(/\w/) });
  });

  it("takes null for what a client leaves open", async () => {
    const body = { query: "text", documents: ["Money"], top_n: null, max_chunks_per_doc: null };
    expect((await post(JSON.stringify(body))).status).toBe(200);
  });

  it("refuses a body over 4 MiB with 413 and goes on", async () => {
    const query = "x".repeat(4 * 1024 * 1024);
    expect((await post(JSON.stringify({ query, documents: ["Money"] }))).status).toBe(413);
    expect(await rank("My debts.", ["Money"])).toHaveLength(1);
  });

  it("answers 404 off its paths and 405 with the method a path takes", async () => {
    expect((await fetch(`${base}/v1/completions`)).status).toBe(404);
    const wrong = await fetch(`${base}/v1/rerank`);
    expect([wrong.status, wrong.headers.get("allow")]).toEqual([405, "POST"]);
  });

  it("stops the work of a client that left, and goes on with the others", async () => {
    const leaving = new AbortController();
    const fresh = Array.from({ length: 100 }, (_, i) => `Left behind ${i}`);
    const embedded = await counter("embedded_documents_embedded_total");
    const before = await counter("embedded_rerank_documents_total");
    const left = post(JSON.stringify({ query: journal, documents: fresh }), leaving.signal);
    await expect.poll(() => counter("embedded_rerank_documents_total")).toBe(before + 100);
    leaving.abort();
    await expect(left).rejects.toThrow();
    expect(await rank("My debts.", ["Money"])).toHaveLength(1);
    expect(await counter("embedded_documents_embedded_total")).toBeLessThan(embedded + 100);
  });
});

describe("the process", () => {
  const started: ChildProcess[] = [];
  const start = (...options: string[]) => {
    const main = fileURLToPath(new URL("gpu-origin/embedded/main.ts", repository));
    const child = spawn(process.execPath, [main, ...options], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    started.push(child);
    return child;
  };
  afterAll(() => started.forEach((child) => child.kill("SIGKILL")));

  it.each(["SIGTERM", "SIGINT"] as const)(
    "says in one line where it is, ranks, and ends clean on %s",
    async (signal) => {
      const child = start("--port", "0");
      const [line] = await once(child.stdout, "data");
      expect(String(line)).toMatch(/^embedded origin ready on http:\/\/127\.0\.0\.1:\d+\/v1\n$/);
      const url = String(line).trim().split(" ").at(-1);
      const body = JSON.stringify({ query: "My debts.", documents: ["Money"] });
      expect((await fetch(`${url}/rerank`, { method: "POST", body })).status).toBe(200);
      child.kill(signal);
      expect(await once(child, "exit")).toEqual([0, null]);
      expect(await textOf(child.stderr)).toBe("");
    },
  );

  it("says in one line that its port is taken", async () => {
    const port = new URL(base).port;
    const child = start("--port", port);
    const [said, [code]] = await Promise.all([textOf(child.stderr), once(child, "exit")]);
    expect([said, code]).toEqual([`embedded origin: port ${port} is in use\n`, 1]);
  });

  it.each(["--port=70000", "--port=x", "--gpu"])(
    "says in one line what is wrong with %s",
    async (option) => {
      const child = start(option);
      const [said, [code]] = await Promise.all([textOf(child.stderr), once(child, "exit")]);
      expect(said).toMatch(/^embedded origin: [^\n]+\n$/);
      expect(code).toBe(1);
    },
  );
});
