// Many texts: a line of JSON in, a line of JSON out, in the same order.
import { transportError, type ClientError } from "../outcome.ts";
import { exitCode, exitCodeOf, type ExitCode } from "./exit-code.ts";
import { inOrder } from "./in-order.ts";
import { countLines, readLines, type Line } from "./input.ts";
import { worded, type Job } from "./job.ts";
import { printableJson } from "./printable.ts";
import { Progress } from "./progress.ts";

/** Goes on after a text that fails; ends at once where no other would fare better. */
export async function rankMany(job: Job, file: string): Promise<ExitCode> {
  const { options, io } = job;
  const stop = new AbortController();
  const signal = AbortSignal.any([stop.signal, io.signal]);
  const progress = new Progress(io.stderr, await countLines(file));
  const work = async (line: Line) => ({
    line,
    outcome: line.text === null ? null : await job.ask(line.text, signal),
  });
  let failures = 0;
  try {
    for await (const { line, outcome } of inOrder(
      readLines(file, io.stdin),
      options.concurrency,
      work,
    )) {
      const error = outcome === null ? noText : outcome.error;
      const code = error === null ? exitCode.ok : exitCodeOf(error);
      if (error !== null && error !== noText && endsAll.has(code)) {
        progress.end();
        return job.fail(error);
      }
      if (error !== null) failures += 1;
      const { line: number, id } = line;
      const place = { line: number, ...(id !== null && { id }) };
      const told =
        error === null ? { data: outcome?.data } : { error: { ...error, message: worded(error) } };
      await job.print(`${printableJson({ ...place, ...told })}\n`);
      progress.step(error === null);
    }
  } finally {
    stop.abort();
  }
  progress.end();
  return failures === 0 ? exitCode.ok : exitCode.someFailed;
}

const noText: ClientError = {
  ...transportError("unexpected", 'The line is neither a JSON string nor {"text": "…"}.'),
  title: "Bad line",
};

/** A key that is refused, a service that is not there, an interrupt: so it would be for each text. */
const endsAll: ReadonlySet<ExitCode> = new Set([
  exitCode.unreachable,
  exitCode.refused,
  exitCode.interrupted,
]);
