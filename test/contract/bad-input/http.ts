// H. HTTP: 81-88.
import { expect } from "vitest";
import { get, post, send } from "../service.ts";
import { about, good, json, rank, url, type Case } from "./case.ts";

const onPost = (method: string): Case => ({
  no: 81,
  name: `${method} on a POST route`,
  status: 405,
  ask: () => send(new Request(url, { method })),
  check: (_, response) => expect(response.headers.get("allow")).toBe("POST"),
});

const unknown = (path: string): Case => ({
  no: 83,
  name: `the path ${path}`,
  status: 404,
  ask: () => post(path, good),
});

const preflight = (overrides = {}, origin = "https://evil.example") =>
  send(
    new Request(url, {
      method: "OPTIONS",
      headers: {
        origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,content-type",
      },
    }),
    overrides,
  );

const notAllowed = (_: unknown, response: Response) =>
  expect(response.headers.get("access-control-allow-origin")).toBeNull();

const listed = { CORS_ORIGINS: "https://app.example", AUTH_MODE: "required" };
const evil = "evil.example";

/** Asks twice for one text, the first time with headers that lie: the second must not know. */
function lied(no: number, name: string, headers: Record<string, string>): Case {
  return {
    no,
    name,
    status: 200,
    ask: async () => {
      const body = JSON.stringify({ ...good, text: about("") });
      const ask = (more: Record<string, string>) =>
        send(new Request(url, { method: "POST", headers: { ...json, ...more }, body }));
      const first = await ask(headers);
      expect(`${await first.text()} ${JSON.stringify([...first.headers])}`).not.toContain(evil);
      const document = await send(new Request("https://themerank.test/openapi.json", { headers }));
      expect(await document.text()).not.toContain(evil);
      return ask({});
    },
    check: (answer) => expect(answer).toMatchObject({ cache: { status: "hit" } }),
  };
}

export const http: readonly Case[] = [
  onPost("GET"),
  onPost("HEAD"),
  onPost("PUT"),
  onPost("DELETE"),
  onPost("PATCH"),
  onPost("TRACE"),
  { no: 82, name: "an unknown route", status: 404, ask: () => post("/v1/nothing", good) },
  unknown("/v1%2frank"),
  unknown("/v1/rank/"),
  unknown("/v1/rank/..%2f..%2fhealthz"),
  unknown("//v1/rank"),
  unknown("/V1/RANK"),
  {
    no: 84,
    name: "a preflight where no origin is listed",
    status: 405,
    ask: () => preflight(),
    check: notAllowed,
  },
  {
    no: 84,
    name: "a preflight from a foreign origin",
    status: 204,
    ask: () => preflight(listed),
    check: notAllowed,
  },
  lied(85, "spoofed client addresses", {
    "cf-connecting-ip": "203.0.113.9",
    "x-forwarded-for": `203.0.113.9, ${evil}`,
  }),
  lied(86, "a foreign Host", { host: evil }),
  lied(87, "X-Forwarded-Host", {
    "x-forwarded-host": evil,
    forwarded: `host=${evil};proto=http`,
    "x-original-url": "/healthz",
  }),
  {
    no: 88,
    name: "Accept: text/html",
    status: 200,
    ask: () =>
      send(
        new Request(url, {
          method: "POST",
          headers: { ...json, accept: "text/html" },
          body: JSON.stringify(good),
        }),
      ),
    check: (_, response) =>
      expect(response.headers.get("content-type")).toMatch(/^application\/json/),
  },
  {
    no: 88,
    name: "Accept: text/html, and a problem",
    status: 422,
    pointers: ["/text"],
    ask: () =>
      send(
        new Request(url, {
          method: "POST",
          headers: { ...json, accept: "text/html" },
          body: JSON.stringify({ ...good, text: "" }),
        }),
      ),
  },
  { no: null, name: "GET on the root's unknown child", status: 404, ask: () => get("/v1") },
  { no: null, name: "the same request without all this", status: 200, ask: () => rank({}) },
];
