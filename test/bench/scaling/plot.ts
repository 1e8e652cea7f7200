// Small multiples on logarithmic axes, as an SVG of their own colours: the same in light and dark.

export interface Line {
  /** Empty: not in the legend. */
  readonly name: string;
  readonly color: string;
  readonly dashed?: boolean;
  /** Both above 0. */
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

export interface Panel {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly lines: readonly Line[];
  /** Of the reference line: 1 = in proportion, 0 = the same for all. */
  readonly slope: 0 | 1;
}

export interface Axis {
  /** Labelled places, rising. */
  readonly ticks: readonly number[];
  /** 0 at the axis's begin, 1 at its end. */
  at(value: number): number;
}

const [panelWidth, panelHeight, columns] = [304, 250, 3];
const plot = { left: 52, right: 16, top: 48, bottom: 44 };
const headHeight = 34;
const colors = { ground: "#ffffff", ink: "#1f2328", faint: "#59636e", grid: "#d8dee4" };

/** A logarithmic axis from the 1, 2 or 5 at or below the smallest value to that at or above the largest. */
export function logAxis(values: readonly number[]): Axis {
  const below = Math.min(...values) * (1 + 1e-9);
  const above = Math.max(...values) * (1 - 1e-9);
  const all: number[] = [];
  for (let power = Math.floor(Math.log10(below)); power <= Math.log10(above) + 1; power += 1)
    for (const step of [1, 2, 5]) all.push(Number(`${step}e${power}`));
  const first = all.findLast((tick) => tick <= below) ?? below;
  const last = all.find((tick) => tick >= above && tick > first) ?? above;
  const inside = all.filter((tick) => tick >= first && tick <= last);
  const decades = inside.filter((tick) => Number.isInteger(Math.log10(tick)));
  return {
    // More than eight would run into one another.
    ticks: inside.length > 8 ? decades : inside,
    at: (value) => Math.log(value / first) / Math.log(last / first),
  };
}

/** @param caption one line under the title */
export function svg(title: string, caption: string, panels: readonly Panel[]): string {
  const width = panelWidth * Math.min(columns, panels.length);
  const height = headHeight + panelHeight * Math.ceil(panels.length / columns);
  const drawn = panels.map((panel, index) => {
    const [left, top] = [(index % columns) * panelWidth, Math.floor(index / columns) * panelHeight];
    return `<g transform="translate(${left} ${headHeight + top})">${drawPanel(panel, index)}</g>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(title)}" font-family="system-ui, -apple-system, 'Segoe UI', 'Liberation Sans', Arial, sans-serif">
<rect width="${width}" height="${height}" rx="6" fill="${colors.ground}"/>
${label(14, 22, title, { size: 13, weight: 600 })}
${label(width - 14, 22, caption, { anchor: "end", color: colors.faint })}
${drawn.join("\n")}
</svg>
`;
}

function drawPanel({ title, xLabel, yLabel, lines, slope }: Panel, index: number): string {
  const points = lines.flatMap((line) => line.points);
  const xAxis = logAxis(points.map(({ x }) => x));
  const yAxis = logAxis(points.map(({ y }) => y));
  const [bottom, right] = [panelHeight - plot.bottom, panelWidth - plot.right];
  const x = (value: number) => round(plot.left + xAxis.at(value) * (right - plot.left));
  const y = (value: number) => round(bottom - yAxis.at(value) * (bottom - plot.top));
  const path = (all: Line["points"]) => all.map((each) => `${x(each.x)},${y(each.y)}`).join(" ");
  const grid = [
    ...xAxis.ticks.map((tick) => [x(tick), plot.top, x(tick), bottom] as const),
    ...yAxis.ticks.map((tick) => [plot.left, y(tick), right, y(tick)] as const),
  ].map((ends) => stroke(ends, colors.grid));
  // From the highest first point on: whoever stays below it grows less than in proportion.
  const [begin] = lines.flatMap((line) => line.points.slice(0, 1)).toSorted((a, b) => b.y - a.y);
  const end = Math.max(...points.map((each) => each.x));
  const reference =
    begin === undefined
      ? ""
      : `<clipPath id="p${index}"><rect x="${plot.left}" y="${plot.top}" width="${right - plot.left}" height="${bottom - plot.top}"/></clipPath><polyline points="${path([begin, { x: end, y: begin.y * (end / begin.x) ** slope }])}" fill="none" stroke="${colors.faint}" stroke-dasharray="2 3" clip-path="url(#p${index})"/>`;
  const drawn = lines.map(
    (line) =>
      `<polyline points="${path(line.points)}" fill="none" stroke="${line.color}" stroke-width="2"${line.dashed === true ? ' stroke-dasharray="6 4"' : ""}/>` +
      line.points
        .map((each) => `<circle cx="${x(each.x)}" cy="${y(each.y)}" r="2.6" fill="${line.color}"/>`)
        .join(""),
  );
  return [
    label(14, 16, title, { size: 12, weight: 600 }),
    legend(lines, slope),
    ...grid,
    reference,
    ...drawn,
    ...xAxis.ticks.map((tick) => label(x(tick), bottom + 15, amount(tick), { anchor: "middle" })),
    ...yAxis.ticks.map((tick) =>
      label(plot.left - 6, y(tick) + 4, amount(tick), { anchor: "end" }),
    ),
    label((plot.left + right) / 2, bottom + 32, xLabel, { anchor: "middle", color: colors.faint }),
    `<g transform="rotate(-90)">${label(-(plot.top + bottom) / 2, 16, yLabel, { anchor: "middle", color: colors.faint })}</g>`,
  ].join("");
}

/** In one row below the title; the widths of its words are estimated. */
function legend(lines: readonly Line[], slope: number): string {
  let left = 14;
  const named = lines.filter(({ name }) => name !== "");
  return [...named, { name: `slope ${slope}`, color: colors.faint, dashed: true }]
    .map(({ name, color, dashed }, index, all) => {
      const [from, text] = [left, left + 22];
      left = text + name.length * 6.4 + 12;
      const dash = index === all.length - 1 ? "2 3" : dashed === true ? "6 4" : "";
      return stroke([from, 32, from + 18, 32], color, dash, 2) + label(text, 36, name, {});
    })
    .join("");
}

function stroke(ends: readonly number[], color: string, dash = "", width = 1): string {
  const [x1, y1, x2, y2] = ends;
  return `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke="${color}" stroke-width="${width}"${dash === "" ? "" : ` stroke-dasharray="${dash}"`}/>`;
}

interface Style {
  readonly anchor?: "middle" | "end";
  readonly color?: string;
  readonly size?: number;
  readonly weight?: number;
}

function label(x: number, y: number, text: string, style: Style): string {
  const { anchor = "start", color = colors.ink, size = 11, weight = 400 } = style;
  return `<text x="${round(x)}" y="${round(y)}" font-size="${size}" font-weight="${weight}" fill="${color}" text-anchor="${anchor}">${escaped(text)}</text>`;
}

const amount = (value: number) =>
  value >= 1_000 ? `${value / 1_000}k` : String(Number(value.toPrecision(3)));
const round = (value: number) => Math.round(value * 10) / 10;
const escaped = (text: string) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
