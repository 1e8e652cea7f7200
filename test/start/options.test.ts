// The flags of `npm start`.
import { describe, expect, it } from "vitest";
import { readOptions } from "../../gateway/start/options.ts";

describe("the flags", () => {
  it("are none by default: port 8787, the embedded origin, nothing kept", () => {
    expect(readOptions([])).toEqual({
      port: 8787,
      origin: null,
      dialect: null,
      persist: false,
      help: false,
    });
  });

  it("name a port, an origin with its dialect, and whether to keep results", () => {
    const args = ["--port", "80", "--origin", "https://a.example/v1", "--dialect", "chat"];
    expect(readOptions([...args, "--persist"])).toMatchObject({
      port: 80,
      origin: "https://a.example/v1",
      dialect: "chat",
      persist: true,
    });
    expect(readOptions(["--origin", "none"]).origin).toBe("none");
  });

  it.each(["0", "65536", "80a", "-1", "1e3", ""])("refuse the port %j", (port) => {
    expect(() => readOptions([`--port=${port}`])).toThrow("--port must be a number");
  });

  it.each([["--origin=ftp://a"], ["--origin=localhost:8000"], ["--origin="]])(
    "refuse %s",
    (flag) => {
      expect(() => readOptions([flag])).toThrow("--origin must be an http or https URL, or none.");
    },
  );

  it.each([[["--dialect", "chat"]], [["--dialect", "chat", "--origin", "none"]]])(
    "refuse a dialect without an origin to speak it: %j",
    (args) => {
      expect(() => readOptions(args)).toThrow("--dialect goes with --origin URL.");
    },
  );

  it("name one that is unknown, and show those that are not", () => {
    expect(() => readOptions(["--prot", "1"])).toThrow(/'--prot'[^]*--persist/);
  });
});
