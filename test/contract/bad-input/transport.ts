// A. Transport: 1-12.
import { good, json, rank, raw, type Case } from "./case.ts";
import { post } from "../service.ts";

const bytes = (...values: number[]) => new Uint8Array(values);
const utf16 = new Uint8Array(Uint16Array.from(JSON.stringify(good), (c) => c.charCodeAt(0)).buffer);

export const transport: readonly Case[] = [
  { no: 1, name: "an empty body", status: 400, ask: () => raw("") },
  { no: 1, name: "no body", status: 400, ask: () => raw(null) },
  { no: 2, name: "null", status: 422, pointers: [""], ask: () => post("/v1/rank", "null") },
  { no: 3, name: "an array", status: 422, pointers: [""], ask: () => post("/v1/rank", "[]") },
  { no: 4, name: "a string", status: 422, pointers: [""], ask: () => post("/v1/rank", '"text"') },
  { no: 5, name: "cut JSON", status: 400, ask: () => raw('{"text": "a') },
  {
    no: 6,
    name: "trailing garbage",
    status: 400,
    ask: () => raw(`${JSON.stringify(good)} x`),
  },
  {
    no: 7,
    name: "a key given twice: the last wins",
    status: 200,
    ask: () => raw(`{"text":"","text":"The rent.","themes":["Money"]}`),
  },
  {
    no: 8,
    name: "a byte order mark",
    status: 200,
    ask: () => raw(`\ufeff${JSON.stringify(good)}`),
  },
  { no: 9, name: "UTF-16", status: 400, ask: () => raw(utf16) },
  { no: 10, name: "invalid UTF-8", status: 400, ask: () => raw(bytes(0x22, 0xff, 0x22)) },
  { no: 11, name: "no content type", status: 415, ask: () => raw(bytes(0x7b, 0x7d), {}) },
  {
    no: 11,
    name: "text/plain",
    status: 415,
    ask: () => raw("{}", { "content-type": "text/plain" }),
  },
  {
    no: 11,
    name: "multipart",
    status: 415,
    ask: () => raw("--a--", { "content-type": "multipart/form-data; boundary=a" }),
  },
  {
    no: 11,
    name: "a foreign charset",
    status: 415,
    ask: () => raw("{}", { "content-type": "application/json; charset=utf-7" }),
  },
  {
    no: 11,
    name: "a charset and capitals in the content type",
    status: 200,
    ask: () => raw(JSON.stringify(good), { "content-type": "Application/JSON; Charset=UTF-8" }),
  },
  {
    no: 12,
    name: "a content encoding",
    status: 415,
    ask: () => raw("{}", { ...json, "content-encoding": "gzip" }),
  },
  {
    no: 12,
    name: "a gzip bomb that does not say so",
    status: 400,
    ask: async () => {
      const zeros = new Blob([new Uint8Array(4 * 2 ** 20)]).stream();
      return raw(
        await new Response(zeros.pipeThrough(new CompressionStream("gzip"))).arrayBuffer(),
      );
    },
  },
  // Beside the catalogue: what a good request needs no more of.
  { no: null, name: "the least there is", status: 200, ask: () => rank({}) },
];
