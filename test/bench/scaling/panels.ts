// The curves as panels of one drawing.
import type { Against } from "./curves.ts";
import type { CurveFigures, PointFigures, Report } from "./figures.ts";
import { svg, type Line, type Panel } from "./plot.ts";

const [blue, orange] = ["#0969da", "#bc4c00"];

export function drawing({ date, commit, rounds, curves }: Report): string {
  const about = (against: Against) => curves.filter((curve) => curve.against === against);
  const cpu = (against: Against, xLabel: string, slope: 0 | 1 = 1): Panel => ({
    title: `CPU against ${against}`,
    xLabel,
    yLabel: "CPU ms per request",
    slope,
    lines: about(against).map((curve) =>
      lineOf(curve, curve.path.replace("hit, ", ""), ({ cpuMs }) => cpuMs),
    ),
  });
  const connections = about("connections");
  const panels: Panel[] = [
    cpu("themes", "themes in the request"),
    cpu("characters", "characters in the text"),
    cpu("themes in the entry", "themes kept for the text (the cap is 500)"),
    cpu("connections", "connections", 0),
    {
      title: "Latency against connections",
      xLabel: "connections",
      yLabel: "ms: p50, dashed p99",
      slope: 1,
      lines: connections.flatMap((curve) => [
        lineOf(curve, curve.path, ({ p50Ms }) => p50Ms),
        { ...lineOf(curve, "", ({ p99Ms }) => p99Ms), dashed: true },
      ]),
    },
    {
      title: "Throughput against connections",
      xLabel: "connections",
      yLabel: "requests/s",
      slope: 1,
      lines: connections.map((curve) =>
        lineOf(curve, curve.path, ({ requestsPerSecond }) => requestsPerSecond),
      ),
    },
  ];
  return svg(
    "What a request costs as its sizes grow",
    `medians of ${rounds} rounds, ${date.slice(0, 10)}, commit ${commit}`,
    panels.filter(({ lines }) => lines.length > 0),
  );
}

function lineOf(
  { path, points }: CurveFigures,
  name: string,
  figure: (point: PointFigures) => number,
): Line {
  const color = path === "miss" || path === "hit, from KV" ? orange : blue;
  return { name, color, points: points.map((point) => ({ x: point.x, y: figure(point) })) };
}
