// A preset as the entrypoint reads it: KEY=VALUE lines, includes in their place, later lines win.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("../../gpu-origin/presets/", import.meta.url));

/** A preset's lines with its includes in place, in order. `seen` records every file that was read. */
function linesOf(path: string, seen: Set<string>): [string, string][] {
  seen.add(path);
  const lines = readFileSync(`${folder}${path}`, "utf8").split("\n");
  return lines
    .filter((line) => line !== "" && !line.startsWith("#"))
    .flatMap((line): [string, string][] => {
      const [, key = line, value = ""] = /^([A-Z_]+)=(.*)$/.exec(line) ?? [];
      return key === "INCLUDE" ? linesOf(value, seen) : [[key, value]];
    });
}

/** @param name a file under gpu-origin/presets/, without its ending; EXTRA_FLAGS of all files add up */
export function readPreset(
  name: string,
  seen = new Set<string>(),
): Record<string, string> & { PROMPT_FORMAT: string; RATING_TOKENS: string } {
  const lines = linesOf(`${name}.env`, seen);
  const flags = lines.filter(([key]) => key === "EXTRA_FLAGS").map(([, value]) => value);
  return {
    PROMPT_FORMAT: "",
    RATING_TOKENS: "",
    ...Object.fromEntries(lines),
    EXTRA_FLAGS: flags.join(" "),
  };
}
