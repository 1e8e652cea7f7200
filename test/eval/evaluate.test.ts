// The run itself: what is kept, what is asked again, and how other APIs are read.
import { mkdtempSync, existsSync, readFileSync, rmSync, writeFileSync, mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createClient, Unranked, type Client } from "./client.ts";
import { BadDataset, readDatasets } from "./dataset.ts";
import { evaluate } from "./evaluate.ts";
import { rankerApis } from "./rankers.ts";
import { readRecord, writeRecord, type EvalRecord } from "./record.ts";
import { fakeGateway, type FakeGateway } from "./support/fake-gateway.ts";

const datasets = readDatasets("test/eval/data", "dev", 10);
let folder: string;
let gateway: FakeGateway;
let client: Client;

const clientFor = (name: string, url: string) => {
  const api = rankerApis[name];
  if (api === undefined) throw new Error("no such API");
  const wanted = { sources: null, cache: "no-store", model: "m" };
  return createClient({ api, url, key: "a key", wanted });
};
const options = (run: string) => ({
  concurrency: 3,
  partialFile: path.join(folder, "run.partial"),
  run,
});

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "eval-"));
  gateway = await fakeGateway((_, themes) =>
    themes.map((__, index) => ({ score: index, confidence: 0.5 })),
  );
  client = clientFor("themerank", gateway.url);
});

afterEach(async () => {
  await gateway.close();
  rmSync(folder, { recursive: true });
});

test("every text is asked once, rows keep the order of the set", async () => {
  const { sets, failed } = await evaluate(client, datasets, options("a"));
  expect(failed).toEqual([]);
  expect(gateway.asked).toHaveLength(20);
  expect(sets.map(({ rows }) => rows.map(({ id }) => id))).toEqual(
    datasets.map(({ rows }) => rows.map(({ id }) => id)),
  );
  expect(sets[0]?.rows[0]?.order.slice(0, 2)).toEqual([26, 25]);
  expect(existsSync(path.join(folder, "run.partial"))).toBe(false);
});

test("an unfinished run is taken up where it stopped, another run's leavings are not", async () => {
  const sound = gateway.score;
  gateway.score = (text, themes) => (gateway.asked.length > 12 ? 404 : sound(text, themes));
  const first = await evaluate(client, datasets, options("a"));
  expect(first.failed).toHaveLength(8);
  expect(first.failed[0]).toContain("status 404");
  gateway.score = sound;
  gateway.asked.length = 0;
  const second = await evaluate(client, datasets, options("a"));
  expect(second.failed).toEqual([]);
  expect(gateway.asked).toHaveLength(8);
  expect(second.sets.flatMap(({ rows }) => rows)).toHaveLength(20);

  gateway.score = (text, themes) => (gateway.asked.length > 12 ? 404 : sound(text, themes));
  gateway.asked.length = 0;
  await evaluate(client, datasets, options("a"));
  gateway.score = sound;
  gateway.asked.length = 0;
  await evaluate(client, datasets, options("b"));
  expect(gateway.asked).toHaveLength(20);
});

test("a half written last line of a killed run is asked again", async () => {
  const sound = gateway.score;
  gateway.score = (text, themes) => (gateway.asked.length > 12 ? 404 : sound(text, themes));
  await evaluate(client, datasets, options("a"));
  const file = path.join(folder, "run.partial");
  writeFileSync(file, readFileSync(file, "utf8").slice(0, -40));
  gateway.score = sound;
  gateway.asked.length = 0;
  expect((await evaluate(client, datasets, options("a"))).failed).toEqual([]);
  expect(gateway.asked).toHaveLength(9);
});

test("told to wait, it waits and asks again; a text that cannot be ranked is named without its words", async () => {
  const sound = gateway.score;
  let refused = 0;
  gateway.score = (text, themes) => {
    refused += 1;
    return refused <= 3 ? 429 : sound(text, themes);
  };
  expect((await evaluate(client, datasets, options("a"))).failed).toEqual([]);
  expect(gateway.asked).toHaveLength(23);

  const [row] = datasets[1]?.rows ?? [];
  gateway.score = (text, themes) => (text === row?.text ? 422 : sound(text, themes));
  const { failed } = await evaluate(client, datasets, options("b"));
  expect(failed).toHaveLength(1);
  expect(failed[0]).toContain(row?.id);
  expect(failed[0]).not.toContain(row?.text.slice(0, 20));
});

test("a gateway that answers nobody ends the run at once", async () => {
  gateway.score = () => 401;
  await expect(evaluate(client, datasets, options("a"))).rejects.toThrow(Unranked);
  expect(gateway.asked.length).toBeLessThanOrEqual(3);
});

test("a run is read back as it was written", () => {
  const run: EvalRecord = {
    ranker: 'a "ranker" @0',
    model: null,
    measured: { date: "2026-11-22", commit: "abc", machine: "m", node: "v24" },
    command: "npm run eval",
    seconds: 1,
    sets: [
      {
        set: "s",
        split: "dev",
        digest: "d",
        themes: ["a", "b"],
        rows: [
          {
            id: "1",
            order: [1, 0],
            scores: [1.5, 2],
            confidence: null,
            ms: 3,
            source: null,
            tokens: 4,
            costUsd: null,
          },
        ],
      },
    ],
  };
  const file = path.join(folder, "run.json");
  writeRecord(file, run);
  expect(readRecord(file)).toEqual(run);
  writeFileSync(file, "{}");
  expect(() => readRecord(file)).toThrow(`${file}: holds no run of the evaluation`);
});

describe("a labelled set that cannot be used is named by file and line", () => {
  const write = (themes: unknown, rows: string) => {
    mkdirSync(path.join(folder, "data", "own"), { recursive: true });
    writeFileSync(path.join(folder, "data/own/themes.json"), JSON.stringify(themes));
    writeFileSync(path.join(folder, "data/own/dev.jsonl"), rows);
    return () => readDatasets(path.join(folder, "data"), "dev");
  };
  const themes = [
    { id: "a", label: "A" },
    { id: "b", label: "B" },
  ];
  const row = '{"id":"1","text":"t","relevant":["a"]}';

  test("a label that is no theme, a row twice, no JSON, nothing relevant, no set", () => {
    expect(write(themes, row)()[0]?.rows).toHaveLength(1);
    expect(write(themes, `${row}\n${row.replace('"a"', '"c"')}`)).toThrow(/dev\.jsonl:2: theme c/);
    expect(write(themes, `${row}\n${row}`)).toThrow(/an id stands there twice/);
    expect(write(themes, `${row}\nno`)).toThrow(/dev\.jsonl:2: is not JSON/);
    expect(write(themes, row.replace('"a"', ""))).toThrow(/dev\.jsonl:1: relevant/);
    expect(write([{ id: "a" }], row)).toThrow(BadDataset);
    expect(() => readDatasets(folder, "held-out")).toThrow(BadDataset);
  });

  test("fewer texts are a part of more, and the same ones in every run", () => {
    const ids = (limit: number) =>
      readDatasets("test/eval/data", "dev", limit).map(({ rows }) => rows.map(({ id }) => id));
    expect(ids(5)).toEqual(ids(20).map((set) => set.slice(0, 5)));
  });
});

describe("any rerank API can be read", () => {
  const themes = [
    { id: "a", label: "A", description: "first" },
    { id: "b", label: "B" },
    { id: "c", label: "C" },
  ];
  const ask = async (name: string, answer: unknown) => {
    let seen: { path?: string | undefined; body?: unknown; auth?: string | undefined } = {};
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        seen = {
          path: request.url,
          body: JSON.parse(Buffer.concat(chunks).toString()),
          auth: request.headers.authorization,
        };
        response.setHeader("content-type", "application/json");
        response.end(JSON.stringify(answer));
      });
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      const ranked = await clientFor(name, url)("a text", themes);
      return { ...seen, ranked };
    } finally {
      server.closeAllConnections();
      server.close();
    }
  };
  const scored = (key: string) => [
    { index: 2, [key]: 0.9 },
    { index: 0, [key]: 0.5 },
    { index: 1, [key]: 0.1 },
  ];
  const documents = ["A: first", "B", "C"];

  test.for([
    ["cohere", "/v2/rerank", { documents, top_n: 3 }, { results: scored("relevance_score") }],
    ["jina", "/v1/rerank", { documents, top_n: 3 }, { results: scored("relevance_score") }],
    ["voyage", "/v1/rerank", { documents, top_k: 3 }, { data: scored("relevance_score") }],
    ["tei", "/rerank", { texts: documents }, scored("score")],
  ] as const)("%s", async ([name, at, body, answer]) => {
    const { path: asked, body: sent, auth, ranked } = await ask(name, answer);
    expect(asked).toBe(at);
    expect(auth).toBe("Bearer a key");
    expect(sent).toMatchObject({ query: "a text", ...body });
    expect(ranked).toMatchObject({ order: [2, 0, 1], scores: [50, 10, 90] });
  });

  test("an answer that leaves a document out, or of another shape, is no ranking", async () => {
    const short = { results: scored("relevance_score").slice(1) };
    await expect(ask("cohere", short)).rejects.toThrow("2 results for 3 documents");
    await expect(ask("tei", { results: [] })).rejects.toThrow("an answer of another shape");
  });
});
