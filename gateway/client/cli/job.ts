// What one run works with: where it prints, whom it asks and for what.
import { once } from "node:events";
import type { Readable } from "node:stream";
import type { AnalyzeAnswer, RankAnswer, RankRequest } from "../api.ts";
import { ThemeRank } from "../client.ts";
import type { ClientError, Outcome } from "../outcome.ts";
import type { Terminal } from "./bars.ts";
import { exitCodeOf, type ExitCode } from "./exit-code.ts";
import { readThemes } from "./input.ts";
import type { Options } from "./options.ts";
import { printable } from "./printable.ts";

export interface Output {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): boolean;
}

export interface Io {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: Readable;
  readonly stdout: Output;
  readonly stderr: Output;
  /** Fires when the user interrupts. */
  readonly signal: AbortSignal;
}

export class Job {
  readonly client: ThemeRank;
  readonly options: Options;
  readonly terminal: Terminal;
  readonly io: Io;
  /** The request, but for its text. */
  readonly request: Omit<RankRequest, "text">;

  constructor(io: Io, options: Options, request: Job["request"]) {
    const { url, key, timeoutMs } = options;
    this.client = new ThemeRank({ baseUrl: url, apiKey: key, timeoutMs });
    this.options = options;
    this.io = io;
    this.request = request;
    const color = io.stdout.isTTY === true && (io.env["NO_COLOR"] ?? "") === "";
    this.terminal = { width: io.stdout.columns ?? 80, color };
  }

  /** The ranking, with a summary where the options ask for one. */
  ask(text: string, signal: AbortSignal): Promise<Outcome<RankAnswer | AnalyzeAnswer>> {
    const asked = { ...this.request, text };
    if (this.options.summary) return this.client.analyze(asked, { signal });
    return this.client.rank(asked, { signal });
  }

  /** To stdout, no faster than it is read. */
  async print(text: string): Promise<void> {
    const { stdout } = this.io;
    if (!stdout.write(text)) await once(stdout as never, "drain");
  }

  /** To stderr. */
  tell(text: string): void {
    this.io.stderr.write(text);
  }

  /** Says what went wrong, with every field that the service named. */
  fail(error: ClientError): ExitCode {
    this.tell(`themerank: ${worded(error)}\n`);
    for (const { pointer, detail } of (error.kind === "problem" && error.errors) || []) {
      this.tell(`  ${printable(pointer)} ${printable(detail)}\n`);
    }
    return exitCodeOf(error);
  }
}

/** @throws BadInput */
export async function jobOf(io: Io, options: Options): Promise<Job> {
  const { themesFile, catalog, topK, minScore } = options;
  return new Job(io, options, {
    ...(themesFile !== null && { themes: await readThemes(themesFile) }),
    ...(catalog !== null && { catalog }),
    ...(topK !== null && { top_k: topK }),
    ...(minScore !== null && { min_score: minScore }),
  });
}

export function worded(error: ClientError): string {
  const id = error.kind === "problem" ? ` (${error.request_id})` : "";
  return printable(`${error.title}: ${error.detail}${id}`);
}
