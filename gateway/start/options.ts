// The flags of `npm start`.
import { parseArgs } from "node:util";
import { CannotStart } from "./cannot-start.ts";

export const usage = `npm start [-- FLAGS]

  --port N        port of the gateway (default 8787)
  --origin URL    OpenAI base URL of an origin of your own, such as http://localhost:8000/v1
  --origin none   no origin: Gemini ranks (GEMINI_API_KEY in the environment or in .dev.vars)
  --dialect D     how that origin is asked: completions (vLLM, default), chat (Ollama)
                  or rerank
  --persist       keep cached results and API keys between runs
  --help          this text`;

export interface Options {
  readonly port: number;
  /** null = the embedded one, "none" = none. */
  readonly origin: string | null;
  readonly dialect: string | null;
  readonly persist: boolean;
  readonly help: boolean;
}

/** @throws CannotStart naming the flag that is wrong */
export function readOptions(args: readonly string[]): Options {
  const { port, origin, dialect, persist, help } = parse(args);
  if (!/^\d{1,5}$/.test(port) || Number(port) < 1 || Number(port) > 65_535) {
    throw new CannotStart("--port must be a number from 1 to 65535.");
  }
  if (origin !== undefined && origin !== "none" && !/^https?:\/\//.test(origin)) {
    throw new CannotStart("--origin must be an http or https URL, or none.");
  }
  if (dialect !== undefined && (origin === undefined || origin === "none")) {
    throw new CannotStart("--dialect goes with --origin URL.");
  }
  return {
    port: Number(port),
    origin: origin ?? null,
    dialect: dialect ?? null,
    persist,
    help,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        port: { type: "string", default: "8787" },
        origin: { type: "string" },
        dialect: { type: "string" },
        persist: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    }).values;
  } catch (error) {
    const [line = ""] = error instanceof Error ? error.message.split(". ") : [];
    throw new CannotStart(`${line}.\n\n${usage}`);
  }
}
