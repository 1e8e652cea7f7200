// One text with its summary as it is written: the ranking first.
import { bars, origin } from "./bars.ts";
import { exitCode, type ExitCode } from "./exit-code.ts";
import type { Job } from "./job.ts";
import { printable } from "./printable.ts";

export async function printStream(job: Job, text: string): Promise<ExitCode> {
  const { signal } = job.io;
  let written = "";
  let last = "";
  for await (const event of job.client.analyzeStream({ ...job.request, text }, { signal })) {
    switch (event.type) {
      case "ranking":
        await job.print(`${bars(event.data, job.terminal)}\n`);
        last = origin(event.data);
        break;
      case "summary.delta":
        await job.print(printable(event.data.text));
        written += event.data.text;
        break;
      case "summary": {
        const { text: summary, reason } = event.data;
        const final = summary ?? `No summary: ${reason ?? "unavailable"}`;
        // Where another summarizer took over, what stands above does not hold.
        const again = written === "" ? "" : "\n\nWritten anew: ";
        await job.print(written === final ? "\n" : `${again}${printable(final)}\n`);
        break;
      }
      case "done":
        job.tell(last);
        return exitCode.ok;
      case "error":
        if (written !== "") await job.print("\n");
        return job.fail(event.error);
    }
  }
  return exitCode.unreachable;
}
