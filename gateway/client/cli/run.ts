// The command: reads what was asked for, asks the service, prints.
import { bars, origin } from "./bars.ts";
import { exitCode, type ExitCode } from "./exit-code.ts";
import { readAll } from "./input.ts";
import { jobOf, type Io, type Job } from "./job.ts";
import { rankMany } from "./many.ts";
import { BadInput, parseOptions, usage } from "./options.ts";
import { printable, printableJson } from "./printable.ts";
import { printStream } from "./stream.ts";

/** Runs it to its end. */
export async function run(io: Io): Promise<ExitCode> {
  try {
    const options = parseOptions(io.args, io.env);
    if (options === null) {
      io.stdout.write(usage);
      return exitCode.ok;
    }
    const job = await jobOf(io, options);
    if (options.jsonl !== null) return await rankMany(job, options.jsonl);
    const text = options.text === "-" ? await readAll(io.stdin) : (options.text ?? "");
    return await (options.stream ? printStream(job, text) : rankOne(job, text));
  } catch (error) {
    if (!(error instanceof BadInput)) throw error;
    io.stderr.write(`themerank: ${printable(error.message)}\n`);
    return exitCode.badInput;
  }
}

async function rankOne(job: Job, text: string): Promise<ExitCode> {
  const { data, error } = await job.ask(text, job.io.signal);
  if (error !== null) return job.fail(error);
  if (job.options.json) {
    await job.print(`${printableJson(data)}\n`);
    return exitCode.ok;
  }
  await job.print(bars(data, job.terminal));
  if ("summary" in data) {
    const { text: summary, reason } = data.summary;
    await job.print(`\n${printable(summary ?? `No summary: ${reason ?? "unavailable"}`)}\n`);
  }
  job.tell(origin(data));
  return exitCode.ok;
}
