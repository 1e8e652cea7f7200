// `npm run bench -- origin`: one real vLLM: ways to rank a catalogue on it, and rankings side by side.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { prepareEnvironment } from "../vllm/environment.ts";
import { startVllm, type Vllm } from "../vllm/server.ts";
import { measured } from "./machine.ts";
import { rankSideBySide } from "./origin-concurrency.ts";
import { compareWays } from "./origin-ways.ts";

/** A server with these flags beside the preset's own. */
export type StartVllm = (extraFlags: readonly string[]) => Promise<Vllm>;

export interface Part {
  /** As the result file holds it. */
  readonly figures: object;
  /** Markdown, as the README quotes it. */
  readonly table: string;
}

/** Each part, and the minutes it gets unless told otherwise, on two cores. */
const parts = {
  ways: { run: compareWays, minutes: 20 },
  concurrency: { run: rankSideBySide, minutes: 9 },
} as const;
type Name = keyof typeof parts;
const names = Object.keys(parts) as Name[];

/**
 * @param args `--part ways|concurrency` (default both), `--minutes N` in all (default 20 and 9),
 *   `--preset NAME`, `--out FILE`, where a part that does not run keeps what it has
 */
export async function benchOrigin(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      part: { type: "string" },
      minutes: { type: "string" },
      preset: { type: "string", default: "qwen2.5-coder-1.5b.cpu" },
      out: { type: "string", default: "test/bench/results/origin.json" },
    },
  });
  const chosen = names.filter((name) => values.part === undefined || values.part === name);
  if (chosen.length === 0) throw new Error(`--part is one of: ${names.join(", ")}`);
  const usual = chosen.reduce((sum, name) => sum + parts[name].minutes, 0);
  const scale = values.minutes === undefined ? 1 : Number(values.minutes) / usual;
  const environment = await prepareEnvironment({ log: console.error });
  const start: StartVllm = (flags) =>
    startVllm({
      environment,
      preset: values.preset,
      apiKey: "bench",
      extraFlags: ["--max-model-len", "4096", ...flags],
      log: console.error,
    });

  for (const name of chosen) {
    const untilMs = Date.now() + scale * parts[name].minutes * 60_000;
    // oxlint-disable-next-line no-await-in-loop -- one server at a time
    const { figures, table } = await parts[name].run(start, untilMs);
    const part = { ...measured(), preset: values.preset, ...figures };
    keep(values.out, name, part);
    console.log(
      `${table}\n\n${part.date}, commit ${part.commit}, ${part.machine}; figures in ${values.out}`,
    );
  }
}

/** Writes one part beside the others that the file holds. */
function keep(file: string, name: Name, part: object): void {
  const held = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as object) : {};
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify({ ...held, [name]: part }, null, 2)}\n`);
}
