// J. Upstream-hostile: 95-98. Good requests; nothing that an upstream or the store says is believed.
import { env } from "cloudflare:workers";
import { expect } from "vitest";
import { analyzeAnswer } from "../../../gateway/edge/answer-schema.ts";
import type { Fault } from "../../support/fault.ts";
import { freshText, post, sendTo } from "../service.ts";
import { about, gemini, good, rank, ranksAll, vllm, type Case } from "./case.ts";
import { geminiBody } from "./gemini-body.ts";

const themes = ["Money", "Sleep"];

/** The origin is down and Gemini answers so: words rank then. */
const geminiSays = (no: number, name: string, fault: Fault): Case => ({
  no,
  name,
  status: 200,
  async ask() {
    await vllm.break({ kind: "status", status: 500 });
    await gemini.break(fault);
    return rank({ text: freshText(), themes });
  },
  check(answer) {
    expect(ranksAll(answer, themes)).toMatchObject({
      source: "lexical",
      attempts: [{ source: "origin" }, { source: "gemini", reason: "gemini_bad_output" }, {}],
    });
  },
});

const scores = (t2: unknown): Fault => ({
  kind: "body",
  body: geminiBody(JSON.stringify({ t1: 50, t2 })),
});

/** By an isolate that remembers nothing, so that it has to believe KV or not. */
const rankElsewhere = (body: object) => {
  const request = new Request("https://themerank.test/v1/rank", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return sendTo({ ...env }, request);
};

/** Changes what KV holds for a text that was ranked, and asks for that text again. */
const stored = (name: string, forge: (value: string) => string): Case => ({
  no: 98,
  name: `a KV value that ${name}`,
  status: 200,
  async ask() {
    const text = freshText();
    const before = new Set((await env.CACHE.list()).keys.map(({ name: key }) => key));
    await rank({ text, themes });
    for (const { name: key } of (await env.CACHE.list()).keys) {
      if (before.has(key)) continue;
      await env.CACHE.put(key, forge((await env.CACHE.get(key)) ?? ""));
    }
    return rankElsewhere({ text, themes });
  },
  check: (answer) =>
    expect(ranksAll(answer, themes)).toMatchObject({ source: "origin", cache: { status: "miss" } }),
});

/** Every number from 0 to 100 in the value becomes this: scores are among them. */
const numbers = (value: string, to: string) =>
  value.replace(/(?<=[[:,])\d{1,2}(?:\.\d+)?(?=[,\]}])/g, to);

export const upstream: readonly Case[] = [
  geminiSays(95, "Gemini names ids of its own", {
    kind: "body",
    body: geminiBody('{"money":90,"evil":100,"t9":100}'),
  }),
  {
    no: 95,
    name: "Gemini adds ids of its own: they are dropped",
    status: 200,
    async ask() {
      await vllm.break({ kind: "status", status: 500 });
      await gemini.break({
        kind: "body",
        body: geminiBody('{"t1":50,"t2":60,"evil":100,"__proto__":{"t3":1}}'),
      });
      return rank({ text: freshText(), themes });
    },
    check: (answer) => expect(ranksAll(answer, themes)).toMatchObject({ source: "gemini" }),
  },
  geminiSays(95, "Gemini answers HTML", { kind: "html" }),
  geminiSays(95, "Gemini answers 10 MB", { kind: "huge", bytes: 10 * 2 ** 20 }),
  geminiSays(96, "a score of -5", scores(-5)),
  geminiSays(96, "a score of 101", scores(101)),
  geminiSays(96, 'a score of "90"', scores("90")),
  geminiSays(96, "a score of null", scores(null)),
  {
    no: 97,
    name: "a summary with bidi and control characters",
    status: 200,
    async ask() {
      await gemini.break({
        kind: "body",
        body: geminiBody("Rent\u202e is\u0007 \u2066due\u200b.\u0000\u{e0041}"),
      });
      return post("/v1/analyze", { text: about(""), themes });
    },
    check: (answer) => expect(analyzeAnswer.parse(answer).summary.text).toBe("Rent is due."),
  },
  stored("is no JSON", () => "<html>"),
  stored("is of another shape", () => '{"version":0,"scores":[1,2]}'),
  stored("is null", () => "null"),
  stored("is another tenant's", (value) => value.replace('"tenant":"local"', '"tenant":"rival"')),
  stored("holds scores out of range", (value) => numbers(value, "999")),
  { no: null, name: "a request after all of it", status: 200, ask: () => rank(good) },
];
