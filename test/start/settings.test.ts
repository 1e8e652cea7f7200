// Which setting wins, and how it reaches the gateway.
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { afterAll, describe, expect, it } from "vitest";
import { CannotStart } from "../../gateway/start/cannot-start.ts";
import { readOptions } from "../../gateway/start/options.ts";
import {
  givenSettings,
  localPepper,
  wranglerVars,
  writeEnvFile,
} from "../../gateway/start/settings.ts";

const folder = mkdtempSync(join(tmpdir(), "settings-"));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
function file(text?: string): string {
  files += 1;
  const path = join(folder, String(files));
  if (text !== undefined) writeFileSync(path, text);
  return path;
}

describe("what a person has set", () => {
  const devVars = file("ORIGIN_BASE_URL=http://dev\nEGRESS='none'\nMINE=kept\n");
  const environment = { ORIGIN_BASE_URL: "http://environment", GEMINI_API_KEY: "", HOME: "/root" };

  it("is taken from .dev.vars, over which the environment wins, over which flags win", () => {
    const given = (args: readonly string[], env: NodeJS.ProcessEnv) =>
      givenSettings(readOptions(args), env, devVars)["ORIGIN_BASE_URL"];
    expect(given([], {})).toBe("http://dev");
    expect(given([], environment)).toBe("http://environment");
    expect(given(["--origin", "http://flag"], environment)).toBe("http://flag");
    expect(given(["--origin", "none"], environment)).toBe("");
  });

  it("holds all of .dev.vars, and of the environment the configuration's names alone", () => {
    expect(givenSettings(readOptions([]), environment, devVars)).toEqual({
      ORIGIN_BASE_URL: "http://environment",
      GEMINI_API_KEY: "",
      EGRESS: "none",
      MINE: "kept",
    });
  });

  it("is nothing where nothing is set", () => {
    expect(givenSettings(readOptions([]), {}, file())).toEqual({});
  });
});

describe("wrangler.toml", () => {
  it("sets what the default environment's vars name, whatever the form", () => {
    const dotted = file('vars.EGRESS = "none"\n[env.staging.vars]\nAUTH_MODE = "required"\n');
    expect(wranglerVars(dotted)).toEqual({ EGRESS: "none" });
    const table = file('[vars]\n"EGRESS" = "none" # not "any"\nKV_TIMEOUT_MS = 5\n');
    expect(wranglerVars(table)).toEqual({ EGRESS: "none", KV_TIMEOUT_MS: 5 });
  });

  it("may set none", () => {
    expect(wranglerVars(file('name = "a"\n'))).toEqual({});
  });

  it("is told with line and column when it cannot be read", () => {
    const broken = file('name = "a"\n[vars\n');
    expect(() => wranglerVars(broken)).toThrow(CannotStart);
    expect(() => wranglerVars(broken)).toThrow(/:2:\d+: Invalid TOML document: [^\n]+$/);
  });

  it("is told when it is missing", () => {
    expect(() => wranglerVars(join(folder, "nothing"))).toThrow(/nothing is missing\.$/);
  });
});

describe("the settings file", () => {
  it("is for its owner's eyes", () => {
    const path = file();
    writeEnvFile(path, { A: "b" });
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  // Wrangler's own reading of it is shown end to end, by a key that an origin asks for.
  it.each([
    "plain",
    "",
    "two words ",
    "a#b",
    "a 'quoted' word",
    'a "quoted" word',
    "a `quoted` word",
    `'single' and "double"`,
    "'single' and `back'",
    String.raw`a\nb`,
    "two\nlines",
    String.raw`C:\folder\ `.trim(),
    '{"15": 0, "16": 1}',
  ])("gives back what was put in: %j", (value) => {
    const path = file();
    writeEnvFile(path, { BEFORE: "'x", VALUE: value, AFTER: "#y" });
    expect(parseEnv(readFileSync(path, "utf8"))).toEqual({
      BEFORE: "'x",
      VALUE: value,
      AFTER: "#y",
    });
  });

  it("keeps a dollar sign from naming another variable", () => {
    const path = file();
    writeEnvFile(path, { A: "$HOME and ${HOME}" });
    expect(readFileSync(path, "utf8")).toBe(`${String.raw`A='\$HOME and \${HOME}'`}\n`);
  });

  it("names, without its value, a setting that it cannot hold", () => {
    const write = () => writeEnvFile(file(), { ORIGIN_API_KEY: `secret'"\`` });
    expect(write).toThrow(CannotStart);
    expect(write).toThrow(/^ORIGIN_API_KEY holds all of/);
    expect(write).not.toThrow("secret");
  });
});

describe("the pepper", () => {
  it("is 256 bits, another one in each run", () => {
    expect(localPepper(null)).toMatch(/^[0-9a-f]{64}$/);
    expect(localPepper(null)).not.toBe(localPepper(null));
  });

  it("stays the same where results are kept, in a file for its owner's eyes", () => {
    const path = file();
    const first = localPepper(path);
    expect(localPepper(path)).toBe(first);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it("is made anew when a run was cut off while writing it", () => {
    const path = file("");
    const pepper = localPepper(path);
    expect(pepper).toMatch(/^[0-9a-f]{64}$/);
    expect(localPepper(path)).toBe(pepper);
  });
});
