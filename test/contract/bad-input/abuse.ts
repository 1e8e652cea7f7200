// I. Abuse: 89-94.
import { createExecutionContext } from "cloudflare:test";
import { expect } from "vitest";
import { ok } from "../../../gateway/core/failure.ts";
import { createApp } from "../../../gateway/edge/app.ts";
import { ManualClock } from "../../unit/support/manual-clock.ts";
import { guardedEnvironment, issueKey } from "../keys.ts";
import { freshText, post, sendTo } from "../service.ts";
import { gemini, good, json, rank, raw, url, vllm, type Case } from "./case.ts";

/** What the tenant may spend in a day, far less than it asks for. */
const geminiCalls = 20;
const long = (index: number) => `${index} ${freshText()} ${"The rent is late. ".repeat(1_000)}`;
const hundred = Array.from({ length: 100 }, (_, index) => index);
const calls = async () => [(await vllm.requests()).length, (await gemini.requests()).length];

export const abuse: readonly Case[] = [
  {
    no: 89,
    name: "the 61st request in a minute, wherever it seems to come from",
    status: 429,
    ask: async () => {
      const { env } = guardedEnvironment(60);
      const { text } = await issueKey();
      const ask = (index: number) => {
        const headers = {
          ...json,
          authorization: `Bearer ${text}`,
          "cf-connecting-ip": `203.0.113.${index}`,
        };
        return sendTo(env, new Request(url, { method: "POST", headers, body: "{}" }));
      };
      for (let index = 0; index < 60; index += 1) expect((await ask(index)).status).toBe(422);
      return ask(61);
    },
    check(_, response) {
      expect(response.headers.get("ratelimit-policy")).toBe('"default";q=60;w=60');
      expect(Number(response.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
    },
  },
  {
    no: 90,
    name: "100 at once, all the same",
    status: 200,
    ask: async () => {
      const body = { text: freshText(), themes: ["Money", "Sleep"] };
      const answers = await Promise.all(hundred.map(() => post("/v1/rank", body)));
      const told = await Promise.all(answers.map((each) => each.json<{ themes: unknown }>()));
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
      expect(new Set(told.map(({ themes }) => JSON.stringify(themes))).size).toBe(1);
      return post("/v1/rank", body);
    },
    async check(answer) {
      expect(answer).toMatchObject({ cache: { status: "hit" } });
      expect((await calls())[0]).toBeLessThanOrEqual(100);
    },
  },
  {
    no: 91,
    name: "100 long texts at once, all new, while the origin is down",
    status: 503,
    ask: async () => {
      await vllm.break({ kind: "status", status: 500 });
      const sources = ["origin", "gemini"];
      const body = (index: number) => ({ text: long(index), themes: ["Money", "Sleep"], sources });
      const { env } = guardedEnvironment();
      const limited = { ...env, GEMINI_DAILY_CALLS: String(geminiCalls) };
      const { text: key } = await issueKey({ tenant: "spender" });
      const headers = { ...json, authorization: `Bearer ${key}` };
      const answers = await Promise.all(
        hundred.map((index) => {
          const asked = { method: "POST", headers, body: JSON.stringify(body(index)) };
          return sendTo(limited, new Request(url, asked));
        }),
      );
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(geminiCalls);
      const refused = answers.filter(({ status }) => status === 503);
      expect(refused).toHaveLength(100 - geminiCalls);
      const [first] = refused;
      if (first === undefined) throw new Error("no answer");
      return first;
    },
    async check(answer, response) {
      expect(Number(response.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
      expect(answer).toMatchObject({
        attempts: [{ source: "origin" }, { source: "gemini", reason: "budget_spent" }],
      });
      const [origin = 0, paid = 0] = await calls();
      expect(origin).toBeLessThanOrEqual(100);
      expect(paid).toBe(geminiCalls);
    },
  },
  {
    no: 92,
    name: "a body that drips",
    status: 408,
    ask: async () => {
      const clock = new ManualClock();
      const never = { open: true } as never;
      const app = createApp(
        ok({
          config: { CORS_ORIGINS: [] } as never,
          pipeline: never,
          access: { mode: "open", egress: "any" } as never,
          accounts: null,
          catalogs: never,
          circuits: () => ({}),
          deployment: null,
        }),
        clock,
        "0",
      );
      let drips = 0;
      const body = new ReadableStream<Uint8Array>({
        pull(controller) {
          drips += 1;
          if (drips < 9) controller.enqueue(new Uint8Array([0x20]));
          // A second each: the drops outlast what a body may take.
          clock.advance(2_000);
        },
      });
      const request = new Request(url, { method: "POST", headers: json, body });
      return app.fetch(request, {}, createExecutionContext());
    },
    check: (answer) => expect(answer).toMatchObject({ retryable: true }),
  },
  {
    no: 93,
    name: "100 that leave after their headers",
    status: 400,
    ask: async () => {
      const leave = () =>
        raw(
          new ReadableStream({
            start: (controller) => controller.error(new Error("left")),
          }),
        );
      const answers = await Promise.all(hundred.map(leave));
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([400]));
      expect((await rank({ sources: ["lexical"] })).status).toBe(200);
      return leave();
    },
  },
  {
    no: 94,
    name: "a text changed by one character is a text of its own",
    status: 200,
    ask: async () => {
      const text = freshText();
      await rank({ text });
      return rank({ text: `${text}a` });
    },
    async check(answer) {
      expect(answer).toMatchObject({ cache: { status: "miss" } });
      expect((await calls())[0]).toBe(2);
    },
  },
  { no: null, name: "a request after all of it", status: 200, ask: () => rank(good) },
];
