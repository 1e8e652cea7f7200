// G. Auth: 71-80. AUTH_MODE=required, keys in KV STATE.
import { expect } from "vitest";
import { checksumOf } from "../../../gateway/tenancy/api-key.ts";
import { guardedEnvironment, issueKey } from "../keys.ts";
import { freshText, sendTo } from "../service.ts";
import { good, json, url, vllm, type Case } from "./case.ts";

let watched = guardedEnvironment();

/** Asks for a ranking of a new environment, so that no key is known yet. */
function asks(headers: HeadersInit, to = url): Promise<Response> {
  watched = guardedEnvironment();
  const all = new Headers(headers);
  all.set("content-type", json["content-type"]);
  const body = JSON.stringify({ ...good, text: freshText() });
  return sendTo(watched.env, new Request(to, { method: "POST", headers: all, body }));
}

const bearer = (text: string) => ({ authorization: `Bearer ${text}` });
const unread = () => expect(watched.reads).toBe(0);

const refused = (no: number, name: string, ask: () => Promise<Response>, read = false): Case => ({
  no,
  name,
  status: 401,
  ask,
  check(answer, response) {
    expect(response.headers.get("www-authenticate")).toBe("Bearer");
    expect(answer).toEqual({
      type: "/problems/unauthorized",
      title: "Unauthorized",
      status: 401,
      detail: "A valid API key is required: Authorization: Bearer tr_…",
      instance: expect.any(String) as string,
      request_id: expect.any(String) as string,
      retryable: false,
    });
    if (!read) unread();
  },
});

export const auth: readonly Case[] = [
  {
    no: null,
    name: "a valid key",
    status: 200,
    ask: async () => asks(bearer((await issueKey()).text)),
  },
  refused(71, "no key", () => asks({})),
  refused(72, "Basic", () => asks({ authorization: `Basic ${btoa("user:secret")}` })),
  refused(73, "two Authorization headers", async () => {
    const { text } = await issueKey();
    return asks([
      ["authorization", `Bearer ${text}`],
      ["authorization", `Bearer ${text}`],
    ]);
  }),
  refused(74, "the key in the query", async () =>
    asks({}, `${url}?key=${(await issueKey()).text}&api_key=${(await issueKey()).text}`),
  ),
  refused(75, "a key with a space in it", async () => {
    const { text } = await issueKey();
    return asks(bearer(`${text.slice(0, 20)} ${text.slice(20)}`));
  }),
  refused(75, "a key with a tab in it", async () => {
    const { text } = await issueKey();
    return asks(bearer(`${text.slice(0, 20)}\t${text.slice(20)}`));
  }),
  // A line break is no header: the platform lets none through.
  refused(
    76,
    "the right id and a wrong secret",
    async () => {
      const { text } = await issueKey();
      const last = text.at(-10) === "a" ? "b" : "a";
      const body = `${text.slice(0, -10)}${last}`;
      return asks(bearer(`${body}_${checksumOf(body)}`));
    },
    true,
  ),
  refused(
    77,
    "a revoked key",
    async () => asks(bearer((await issueKey({ revoked_at: "2026-11-22T13:00:00.000Z" })).text)),
    true,
  ),
  refused(78, "a key cut short", async () => asks(bearer((await issueKey()).text.slice(0, -1)))),
  refused(78, "a key made longer", async () => asks(bearer(`${(await issueKey()).text}0`))),
  refused(79, "a key of 10 kB", () => asks(bearer(`tr_live_${"a".repeat(10_000)}`))),
  {
    no: 80,
    name: "another tenant's key and the same text: no shared hit",
    status: 200,
    ask: async () => {
      const body = JSON.stringify({ ...good, text: freshText() });
      const { env } = guardedEnvironment();
      const ask = async (tenant: string) => {
        const headers = { ...json, ...bearer((await issueKey({ tenant })).text) };
        return sendTo(env, new Request(url, { method: "POST", headers, body }));
      };
      await ask("acme");
      expect(await (await ask("acme")).json()).toMatchObject({ cache: { status: "hit" } });
      await vllm.reset();
      return ask("rival");
    },
    async check(answer) {
      expect(answer).toMatchObject({ cache: { status: "miss", known: 0 } });
      expect(await vllm.requests()).toHaveLength(1);
    },
  },
];
