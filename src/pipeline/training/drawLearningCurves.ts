import { escapeXml } from "../../evaluate/escapeXml.ts";

/** Colours that people with any colour vision tell apart (Okabe and Ito 2008). */
const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#555555"];
const DASHES = ["", "5 3", "1.5 2.5", "8 3 1.5 3"];
const [WIDTH, PLOT, LEFT, HEIGHT, TOP, ROW, LEGEND] = [800, 500, 46, 170, 44, 16, 242] as const;
const TEXT = 'font-family="system-ui, sans-serif" font-size="11"';

/** What is drawn together, by the names of its figures; the rest is left out. */
const PANELS: readonly {
  readonly title: string;
  readonly of: RegExp;
  readonly isShare: boolean;
}[] = [
  { title: "loss", of: /Loss$|^loss$/, isShare: false },
  { title: "accuracy of rows, in training", of: /Accuracy$/, isShare: true },
  { title: "accuracy of events, held out", of: /^held out\//, isShare: true },
];

/**
 * What was measured in each epoch of a run, as an SVG document.
 *
 * @param curves Per epoch, figures by name; a figure may be missing in some.
 */
export function drawLearningCurves(
  curves: readonly Readonly<Record<string, number>>[],
  title: string,
): string {
  const names = [...new Set(curves.flatMap((epoch) => Object.keys(epoch)))];
  const panels = PANELS.map((panel) => ({
    ...panel,
    names: names.filter((name) => panel.of.test(name)),
  }));
  const drawn = panels.filter((panel) => panel.names.length > 0);
  const heights = drawn.map((panel) => Math.max(HEIGHT, panel.names.length * ROW) + 60);
  let y = TOP;
  const body = drawn.map((panel, at) => {
    const svg = drawPanel(panel, curves, y);
    y += heights[at] ?? 0;
    return svg;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${y}" viewBox="0 0 ${WIDTH} ${y}">`,
    `<title>${escapeXml(`Learning curves of ${title}`)}</title>`,
    `<rect width="${WIDTH}" height="${y}" fill="#fff"/>`,
    `<text x="12" y="24" font-family="system-ui, sans-serif" font-size="15" font-weight="600">${escapeXml(title)}</text>`,
    ...body,
    "</svg>\n",
  ].join("\n");
}

function drawPanel(
  { title, names, isShare }: { title: string; names: readonly string[]; isShare: boolean },
  curves: readonly Readonly<Record<string, number>>[],
  y: number,
): string {
  const values = curves.flatMap((epoch) => names.flatMap((name) => epoch[name] ?? []));
  const scale = isShare ? shareScale(values) : lossScale(values);
  const x = (epoch: number): number => LEFT + (epoch / Math.max(curves.length - 1, 1)) * PLOT;
  const at = (value: number): number => y + 14 + HEIGHT * (1 - scale.placeOf(value));
  const lines = names.map((name, index) => {
    const points = curves.flatMap((epoch, number) => {
      const value = epoch[name];
      return value === undefined ? [] : [`${x(number).toFixed(1)},${at(value).toFixed(1)}`];
    });
    const colour = COLOURS[index % COLOURS.length] ?? "#000";
    const dash = DASHES[Math.floor(index / COLOURS.length) % DASHES.length] ?? "";
    const stroke = `fill="none" stroke="${colour}" stroke-width="1.6"${dash && ` stroke-dasharray="${dash}"`}`;
    const label = name.replace(/^held out\//, "").replace(/(Loss|Accuracy)$/, "") || name;
    const legend = y + 24 + index * ROW;
    const last = curves.findLast((epoch) => epoch[name] !== undefined)?.[name] ?? 0;
    return [
      `<polyline points="${points.join(" ")}" ${stroke}/>`,
      `<path d="M${WIDTH - LEGEND} ${legend - 4}h18" ${stroke}/>`,
      `<text x="${WIDTH - LEGEND + 24}" y="${legend}" ${TEXT} fill="#333">${escapeXml(label)} <tspan fill="#777">${isShare ? last.toFixed(3) : last.toPrecision(3)}</tspan></text>`,
    ].join("\n");
  });
  const ticks = scale.ticks.map((value) => {
    const tick = at(value).toFixed(1);
    return [
      `<line x1="${LEFT}" x2="${LEFT + PLOT}" y1="${tick}" y2="${tick}" stroke="#e3e3e3"/>`,
      `<text x="${LEFT - 6}" y="${(at(value) + 4).toFixed(1)}" ${TEXT} fill="#555" text-anchor="end">${Number(value.toPrecision(3))}</text>`,
    ].join("\n");
  });
  return [
    `<text x="12" y="${y + 4}" ${TEXT} font-weight="600">${escapeXml(title)}</text>`,
    ...ticks,
    ...lines,
    `<text x="${LEFT}" y="${y + HEIGHT + 32}" ${TEXT} fill="#555">1</text>`,
    `<text x="${LEFT + PLOT}" y="${y + HEIGHT + 32}" ${TEXT} fill="#555" text-anchor="end">epoch ${curves.length}</text>`,
  ].join("\n");
}

/** Where values lie between the bottom, 0, and the top, 1, of a panel. */
interface Scale {
  readonly ticks: readonly number[];
  readonly placeOf: (value: number) => number;
}

/** Up to 1; as far down as there is something, by quarters of what that leaves. */
function shareScale(values: readonly number[]): Scale {
  const low = Math.min(0.8, Math.max(0, Math.floor(10 * Math.min(...values)) / 10));
  return {
    ticks: [0, 1, 2, 3, 4].map((quarter) => low + ((1 - low) * quarter) / 4),
    placeOf: (value) => Math.min(Math.max((value - low) / (1 - low), 0), 1),
  };
}

/** By its logarithm, since losses fall by orders of magnitude; from 0 where one is not above it. */
function lossScale(values: readonly number[]): Scale {
  const [least, most] = [Math.min(...values), Math.max(...values, 1e-9)];
  if (!(least > 0))
    return {
      ticks: [0, 0.25, 0.5, 0.75, 1].map((share) => share * most),
      placeOf: (value) => Math.min(Math.max(value / most, 0), 1),
    };
  const decades = Array.from(
    { length: Math.ceil(Math.log10(most)) - Math.floor(Math.log10(least)) + 1 },
    (_, at) => 10 ** (Math.floor(Math.log10(least)) + at),
  );
  const round = decades.flatMap((ten) => [ten, 2 * ten, 5 * ten]);
  const low = round.findLast((value) => value <= least) ?? least;
  const high = round.find((value) => value >= most && value > low) ?? most;
  return {
    ticks: round.filter((value) => value >= low && value <= high),
    placeOf: (value) => Math.log(value / low) / Math.log(high / low),
  };
}
