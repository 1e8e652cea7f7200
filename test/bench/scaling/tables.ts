// The figures for the console, and the table that the README quotes.
import type { Report } from "./figures.ts";

/** Prints every figure and every step, what is not as it should be, and the table that the README quotes. */
export function printed(report: Report): void {
  const short = (value: number) => Number(value.toPrecision(3));
  for (const { against, path, points, steps } of report.curves) {
    console.log(`against ${against}, ${path}`);
    console.table(
      points.map((point) => ({
        [against]: point.x,
        "CPU ms": short(point.cpuMs),
        "p50 ms": short(point.p50Ms),
        "p99 ms": short(point.p99Ms),
        "requests/s": short(point.requestsPerSecond),
        "bytes upstream": Math.round(point.upstreamBytes),
        requests: point.requests,
        errors: point.errors,
        others: point.others,
        "spread CPU, p50": `${short(point.spread.cpuMs)}, ${short(point.spread.p50Ms)}`,
      })),
    );
    console.table(
      Object.entries(steps).flatMap(([measure, all]) =>
        all.map((step) => ({
          of: measure,
          step: `${step.from} to ${step.to}`,
          part: step.part,
          exponent: `${step.exponent.toFixed(2)} ± ${step.tolerance.toFixed(2)}`,
          verdict: step.verdict,
        })),
      ),
    );
  }
  console.log(report.criterion);
  const all = stepsIn(report);
  for (const { name, step } of all) {
    if (step.verdict === "at most linear") continue;
    console.log(
      `${step.verdict}: ${name}, ${step.from} to ${step.to}: ${step.exponent.toFixed(2)} ± ${step.tolerance.toFixed(2)}`,
    );
  }
  const { ranked, known } = report.entryCap;
  console.log(`of ${ranked} themes ranked for one text, its entry knows ${known}`);
  const count = (verdict: string) => all.filter(({ step }) => step.verdict === verdict).length;
  console.log(
    `of ${all.length} steps: at most linear ${count("at most linear")}, ` +
      `worse than linear ${count("worse than linear")}, cannot be told ${count("cannot be told")}`,
  );
  for (const { against, path, points } of report.curves)
    for (const { x, others, requests, errors } of points) {
      const share = ((100 * others) / requests).toFixed(0);
      if (others > 0) console.log(`by another ranker ${share} %: ${path}, ${x} ${against}`);
      if (errors > 0) console.log(`${errors} errors: ${path}, ${x} ${against}`);
    }
  console.log(`\n${markdown(report)}\n`);
}

const stepsIn = ({ curves }: Report) =>
  curves.flatMap(({ against, path, steps }) =>
    Object.entries(steps).flatMap(([measure, all]) =>
      all.map((step) => ({ name: `${measure} against ${against}, ${path}`, step })),
    ),
  );

/** One row a curve. */
function markdown({ curves }: Report): string {
  const list = (values: readonly number[]) =>
    values.map((value) => value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)).join(", ");
  const rows = curves.map(({ against, path, points, steps }) => {
    const cpu = steps["cpuMs"] ?? steps["allCpuMs"] ?? [];
    const steepest = cpu.toSorted((a, b) => b.exponent - a.exponent).at(0);
    return [
      against,
      points.map(({ x }) => x.toLocaleString("en")).join("; "),
      path,
      list(points.map(({ cpuMs }) => cpuMs)),
      list(points.map(({ p50Ms }) => p50Ms)),
      steepest === undefined
        ? ""
        : `${steepest.exponent.toFixed(2)} ± ${steepest.tolerance.toFixed(2)}`,
    ];
  });
  const head = ["against", "sizes", "path", "CPU ms per request", "p50 ms", "steepest step of CPU"];
  return [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
}
