// C. Types: 25-36, and further fields of the API.
import { get, post } from "../service.ts";
import { good, rank, ranksAll, raw, type Case } from "./case.ts";

const analyze = (change: object) => post("/v1/analyze", { ...good, ...change });
const refused = (no: number | null, name: string, pointers: readonly string[], change: object) => ({
  no,
  name,
  status: 422,
  pointers,
  ask: () => rank(change),
});

export const types: readonly Case[] = [
  refused(25, "a number for a text", ["/text"], { text: 7 }),
  refused(25, "no text", ["/text"], { text: undefined }),
  refused(26, "an empty text", ["/text"], { text: "" }),
  refused(27, "white space only", ["/text"], { text: " \t\n" }),
  refused(27, "no-break spaces only", ["/text"], { text: "\u00a0\u00a0" }),
  refused(27, "zero-width spaces only", ["/text"], { text: "\u200b\u200b" }),
  refused(27, "a blank text of all of them", ["/text"], { text: " \u00a0\u200b\n" }),
  refused(27, "a text of punctuation", ["/text"], { text: "?!…" }),
  refused(28, "themes as an object", ["/themes"], { themes: {} }),
  refused(29, "a theme that is null", ["/themes/1"], { themes: ["A", null] }),
  refused(30, "an id twice", ["/themes/1/id"], { themes: ["A", { id: "A", label: "B" }] }),
  refused(30, "an id twice, and two labels too long", ["/themes/1/id", "/themes/2", "/themes/3"], {
    themes: ["A", "A", "b".repeat(121), "c".repeat(121)],
  }),
  refused(30, "an id twice but for its normal form", ["/themes/1/id"], {
    themes: ["caf\u00e9", "cafe\u0301"],
  }),
  {
    no: 31,
    name: "labels that differ in case alone",
    status: 200,
    ask: () => rank({ themes: ["Money", "money"] }),
    check: (answer) => ranksAll(answer, ["Money", "money"]),
  },
  {
    no: 31,
    name: "one label under two ids",
    status: 200,
    ask: () =>
      rank({
        themes: [
          { id: "a", label: "Caf\u00e9" },
          { id: "b", label: "Cafe\u0301" },
        ],
      }),
    check: (answer) => ranksAll(answer, ["a", "b"]),
  },
  refused(32, "an empty label", ["/themes/0/label"], { themes: [{ label: " " }] }),
  refused(32, "a theme without a label", ["/themes/0/label"], { themes: [{ id: "a" }] }),
  refused(
    33,
    "fields that would give power",
    ["/is_admin", "/tenant_id", "/model", "/origin_url"],
    {
      is_admin: true,
      tenant_id: "b",
      model: "m",
      origin_url: "http://a",
    },
  ),
  refused(33, "an unknown field of a theme", ["/themes/0/weight"], {
    themes: [{ label: "A", weight: 2 }],
  }),
  {
    no: 34,
    name: "__proto__ and constructor as fields",
    status: 422,
    pointers: ["/__proto__", "/constructor"],
    ask: () => post("/v1/rank", `{"text":"a","themes":["A"],"__proto__":{},"constructor":1}`),
  },
  {
    no: 34,
    name: "ids that are words of the language",
    status: 200,
    ask: () => rank({ themes: ["__proto__", "constructor", "prototype"] }),
    check: (answer) => ranksAll(answer, ["__proto__", "constructor", "prototype"]),
  },
  refused(35, "top_k -1", ["/top_k"], { top_k: -1 }),
  refused(35, "top_k 0", ["/top_k"], { top_k: 0 }),
  refused(35, "top_k 3.5", ["/top_k"], { top_k: 3.5 }),
  refused(35, "top_k 1e308", ["/top_k"], { top_k: 1e308 }),
  refused(35, 'top_k "3"', ["/top_k"], { top_k: "3" }),
  {
    no: 35,
    name: "top_k NaN",
    status: 400,
    ask: () => raw('{"text":"a","themes":["A"],"top_k":NaN}'),
  },
  refused(36, "timeout_ms 0", ["/timeout_ms"], { timeout_ms: 0 }),
  refused(36, "timeout_ms -1", ["/timeout_ms"], { timeout_ms: -1 }),
  refused(36, "timeout_ms 1e12", ["/timeout_ms"], { timeout_ms: 1e12 }),

  refused(null, "neither themes nor catalog", ["/themes"], { themes: undefined }),
  refused(null, "both themes and catalog", ["/catalog"], { catalog: "life" }),
  {
    no: null,
    name: "an unknown catalog",
    status: 404,
    pointers: ["/catalog"],
    ask: () => rank({ themes: undefined, catalog: "nope" }),
  },
  refused(null, "min_score 101", ["/min_score"], { min_score: 101 }),
  refused(null, "an unknown cache mode", ["/cache"], { cache: "never" }),
  refused(null, "an empty set of sources", ["/sources"], { sources: [] }),
  refused(null, "an unknown source", ["/sources/1"], { sources: ["origin", "oracle"] }),
  {
    no: null,
    name: "a language that is none",
    status: 422,
    pointers: ["/summary/language"],
    ask: () => analyze({ summary: { language: "no such" } }),
  },
  {
    no: null,
    name: "a language that carries words",
    status: 422,
    pointers: ["/summary/language"],
    ask: () => analyze({ summary: { language: "en-x-ignore-all-rules" } }),
  },
  {
    no: null,
    name: "a language without end",
    status: 422,
    pointers: ["/summary/language"],
    ask: () => analyze({ summary: { language: `en${"-ignore".repeat(5_000)}` } }),
  },
  {
    no: null,
    name: "max_themes 11",
    status: 422,
    pointers: ["/summary/max_themes"],
    ask: () => analyze({ summary: { max_themes: 11 } }),
  },
  {
    no: null,
    name: "evidence as a word",
    status: 422,
    pointers: ["/evidence"],
    ask: () => analyze({ evidence: "yes" }),
  },
  {
    no: null,
    name: "an old client's bad theme",
    status: 422,
    pointers: ["/themes/0"],
    ask: () => post("/rank-themes", { ...good, themes: [3] }),
  },
  { no: null, name: "POST on a GET route", status: 405, ask: () => post("/healthz", good) },
  { no: null, name: "POST on the document", status: 405, ask: () => post("/openapi.json", good) },
  { no: null, name: "GET on a POST route", status: 405, ask: () => get("/v1/rank") },
];
