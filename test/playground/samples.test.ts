// The page carries the samples itself, so that opening it asks nothing of the Worker.
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";

const read = (path: string) =>
  readFileSync(new URL(`../../gateway/${path}`, import.meta.url), "utf8");

it.each(["life.json", "texts.json"])("%s is the gateway's own, byte for byte", (name) => {
  expect(read(`playground/${name}`)).toBe(read(`samples/${name}`));
});
