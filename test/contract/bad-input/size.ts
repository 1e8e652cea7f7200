// B. Size: 13-24.
import { expect } from "vitest";
import contextError from "../../fixtures/vllm-error-context.json" with { type: "json" };
import { send, post, life, freshText } from "../service.ts";
import { about, endless, good, json, rank, ranksAll, raw, url, vllm, type Case } from "./case.ts";

const limitBytes = 512 * 1_024;
const emoji = "\u{1F600}";

const streamed = (body: ReadableStream, headers: Record<string, string>) =>
  send(new Request(url, { method: "POST", headers: { ...json, ...headers }, body }));

/** A good request of this many bytes: JSON may end in white space. */
const padded = (size: number) => JSON.stringify(good).padEnd(size);

const themesNamed = (count: number) =>
  Array.from({ length: count }, (_, index) => `Theme ${index}`);

let stream = endless(new Uint8Array());

export const size: readonly Case[] = [
  {
    no: 13,
    name: "more than Content-Length says",
    status: 413,
    ask: () => {
      stream = endless(new Uint8Array(64 * 1_024).fill(0x20));
      return streamed(stream.body, { "content-length": "10" });
    },
    check: () => expect(stream.pulled).toBeLessThan(2 * limitBytes),
  },
  { no: 14, name: "a body of 512 KiB", status: 200, ask: () => raw(padded(limitBytes)) },
  { no: 14, name: "a body one byte over", status: 413, ask: () => raw(padded(limitBytes + 1)) },
  {
    no: 15,
    name: "a stream without end",
    status: 413,
    ask: () => {
      stream = endless(new Uint8Array(64 * 1_024).fill(0x20));
      return streamed(stream.body, {});
    },
    check: () => expect(stream.pulled).toBeLessThan(2 * limitBytes),
  },
  {
    no: 15,
    name: "100 MB that are announced",
    status: 413,
    ask: () => {
      stream = endless(new Uint8Array(64 * 1_024).fill(0x20));
      return streamed(stream.body, { "content-length": "100000000" });
    },
    // One chunk is made ahead by the stream itself.
    check: () => expect(stream.pulled).toBeLessThanOrEqual(64 * 1_024),
  },
  { no: 16, name: "a text of 20,000", status: 200, ask: () => rank({ text: "a".repeat(20_000) }) },
  {
    no: 16,
    name: "a text one character too long",
    status: 422,
    pointers: ["/text"],
    ask: () => rank({ text: "a".repeat(20_001) }),
  },
  {
    no: 17,
    name: "100 themes",
    status: 200,
    ask: () => rank({ text: freshText(), themes: themesNamed(100) }),
    check: (answer) => ranksAll(answer, themesNamed(100)),
  },
  {
    no: 17,
    name: "101 themes",
    status: 422,
    pointers: ["/themes"],
    ask: () => rank({ themes: themesNamed(101) }),
  },
  { no: 18, name: "no theme", status: 422, pointers: ["/themes"], ask: () => rank({ themes: [] }) },
  {
    no: 19,
    name: "a label of 121 characters",
    status: 422,
    pointers: ["/themes/0"],
    ask: () => rank({ themes: ["x".repeat(121)] }),
  },
  {
    no: 19,
    name: "a description of 501 characters",
    status: 422,
    pointers: ["/themes/0/description"],
    ask: () => rank({ themes: [{ label: "A", description: "x".repeat(501) }] }),
  },
  {
    no: 20,
    name: "depth 10,000",
    status: 422,
    pointers: ["/text"],
    ask: () =>
      post("/v1/rank", `{"themes":["A"],"text":${"[".repeat(10_000)}${"]".repeat(10_000)}}`),
  },
  {
    no: 20,
    name: "the deepest that fits, in a theme",
    status: 422,
    pointers: ["/themes/0"],
    ask: () =>
      post("/v1/rank", `{"text":"a","themes":[${"[".repeat(250_000)}${"]".repeat(250_000)}]}`),
  },
  {
    no: 21,
    name: "10^5 unknown keys",
    status: 413,
    ask: () =>
      raw(JSON.stringify(Object.fromEntries(Array.from({ length: 1e5 }, (_, i) => [i, 1])))),
  },
  {
    no: 21,
    name: "as many unknown keys as fit: 100 are named",
    status: 422,
    ask: () => {
      const many = Array.from({ length: 40_000 }, (_, index) => [`k${index}`, 1]);
      return rank(Object.fromEntries(many));
    },
    check: (answer) => expect((answer as { errors: unknown[] }).errors).toHaveLength(100),
  },
  {
    no: 22,
    name: "one key name of 10 MB",
    status: 413,
    ask: () => raw(`{"${"k".repeat(10_000_000)}":1}`),
  },
  {
    no: 22,
    name: "one key name of 500 KB: the pointer is cut",
    status: 422,
    pointers: [`/${"k".repeat(255)}…`],
    ask: () => rank({ ["k".repeat(500_000)]: 1 }),
  },
  {
    no: 23,
    name: "20,000 characters of four bytes",
    status: 200,
    ask: () => rank({ text: `a${emoji.repeat(19_999)}` }),
  },
  {
    no: 23,
    name: "20,001 characters of four bytes",
    status: 422,
    pointers: ["/text"],
    ask: () => rank({ text: `${emoji.repeat(20_000)}a` }),
  },
  {
    no: 24,
    name: "more tokens than the origin's context: the next ranker",
    status: 200,
    ask: async () => {
      await vllm.break({ kind: "status", status: 400, body: contextError });
      return rank({ text: about("債".repeat(9_000)), themes: life });
    },
    check: (answer) =>
      expect(answer).toMatchObject({
        source: "gemini",
        degraded: true,
        reason: "origin_context",
        attempts: [
          { source: "origin", outcome: "failed", reason: "origin_context" },
          { source: "gemini", outcome: "ok" },
        ],
      }),
  },
];
