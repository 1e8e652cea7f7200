// The typed client and its command against the real `npm start`: every answer is one the document allows.
import { Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { run } from "../../gateway/client/cli/run.ts";
import { ThemeRank } from "../../gateway/client/client.ts";
import texts from "../../gateway/samples/texts.json" with { type: "json" };
import { collected } from "../support/collected.ts";
import { described, valueComplaints } from "../support/document-check.ts";
import { startStack, type Stack } from "../support/stack.ts";

const text = texts[0]?.text ?? "";

describe("the client at a running gateway", () => {
  let stack: Stack;
  let client: ThemeRank;

  beforeAll(async () => {
    stack = await startStack();
    client = new ThemeRank({
      baseUrl: stack.url,
      fetch: async (url, init) => described(init.method ?? "GET", url, await fetch(url, init)),
    });
  });
  afterAll(() => stack?.stop());

  it("ranks and summarises, and tells the cache's word", async () => {
    const first = await client.analyze({ text, catalog: "life", top_k: 3 });
    expect(first.data?.themes[0]?.id).toBe("money");
    expect(first.data?.summary.status).toBe("complete");
    const again = await client.rank({ text, catalog: "life" });
    expect(again.data?.cache.status).toBe("hit");
    expect(again.meta).toMatchObject({
      requestId: again.data?.id,
      status: 200,
      cacheStatus: expect.stringMatching(/^themerank; hit/),
    });
    expect(again.meta.serverTiming.map(({ name }) => name)).toContain("total");
  });

  it("streams: the ranking, pieces, the summary, done", async () => {
    const events = await collected(client.analyzeStream({ text, catalog: "life" }));
    const types = events.map(({ type }) => type);
    expect([types[0], ...types.slice(-2)]).toEqual(["ranking", "summary", "done"]);
    for (const each of events) {
      if (each.type === "error") throw new Error(each.error.detail);
      const told = { event: each.type, data: each.data };
      expect(valueComplaints({ $ref: "#/components/schemas/AnalyzeEvent" }, told)).toEqual([]);
    }
  });

  it("ranks several texts, and reranks as Cohere does", async () => {
    const batch = await client.rankBatch({
      texts: [text, "The train."],
      themes: ["Money", "Travel"],
    });
    expect(batch.data?.results).toHaveLength(2);
    const { data } = await client.rerank({ query: text, documents: ["Travel", "Money"], top_n: 1 });
    expect(data?.results).toMatchObject([{ index: 1 }]);
  });

  it("keeps catalogues: puts, gets, lists, ranks by and deletes one", async () => {
    const put = await client.catalogs.put("mine", ["Money", { id: "sleep", label: "Sleep" }]);
    expect(put.data).toMatchObject({ name: "mine", themes: [{ id: "Money" }, { id: "sleep" }] });
    expect((await client.catalogs.get("mine")).data).toEqual(put.data);
    const names = (await client.catalogs.list()).data?.catalogs.map(({ name }) => name);
    expect(names).toEqual(["life", "mine"]);
    expect((await client.rank({ text, catalog: "mine" })).data?.themes).toHaveLength(2);
    expect(await client.catalogs.delete("mine")).toMatchObject({
      error: null,
      meta: { status: 204 },
    });
    expect((await client.catalogs.get("mine")).error).toMatchObject({
      kind: "problem",
      type: "/problems/unknown-catalog",
    });
  });

  it("is told what is wrong with which field", async () => {
    const { error } = await client.rank({ text: "", themes: ["Money"] });
    expect(error).toMatchObject({ kind: "problem", status: 422, errors: [{ pointer: "/text" }] });
  });

  it("has a command that ranks, streams and reads many texts", async () => {
    const themerank = async (args: readonly string[], stdin = "") => {
      let out = "";
      const code = await run({
        args: [...args, "--url", stack.url],
        env: {},
        stdin: Readable.from([Buffer.from(stdin)]),
        stdout: { write: (part) => ((out += part), true) },
        stderr: { write: () => true },
        signal: new AbortController().signal,
      });
      return { code, out };
    };
    expect(await themerank([text, "--top", "2"])).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^1 Money +█+/),
    });
    const streamed = await themerank([text, "--stream"]);
    expect([streamed.code, streamed.out.split("\n\n").length]).toEqual([0, 2]);
    const many = await themerank(["--jsonl", "-", "--top", "1"], '"The rent."\n"A train."\n');
    expect([many.code, many.out.trimEnd().split("\n").length]).toEqual([0, 2]);
  });
});
