import { escapeXml } from "../../evaluate/escapeXml.ts";

/** Colours that people with any colour vision tell apart (Okabe and Ito 2008). */
const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#555555"];
const [WIDTH, PLOT, LEFT, HEIGHT, TOP, ROW, LEGEND] = [760, 520, 46, 170, 44, 16, 182] as const;
const TEXT = 'font-family="system-ui, sans-serif" font-size="11"';

/** What is drawn together, by the names of its figures; the rest is left out. */
const PANELS: readonly { readonly title: string; readonly of: RegExp; readonly top?: number }[] = [
  { title: "loss", of: /Loss$|^loss$/ },
  { title: "accuracy of rows, in training", of: /Accuracy$/, top: 1 },
  { title: "accuracy of events, held out", of: /^held out\//, top: 1 },
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
  { title, names, top }: { title: string; names: readonly string[]; top?: number },
  curves: readonly Readonly<Record<string, number>>[],
  y: number,
): string {
  const values = curves.flatMap((epoch) => names.flatMap((name) => epoch[name] ?? []));
  const high = top ?? Math.max(...values, 1e-9);
  const x = (epoch: number): number => LEFT + (epoch / Math.max(curves.length - 1, 1)) * PLOT;
  const at = (value: number): number => y + 14 + HEIGHT * (1 - Math.min(value / high, 1));
  const lines = names.map((name, index) => {
    const points = curves.flatMap((epoch, number) => {
      const value = epoch[name];
      return value === undefined ? [] : [`${x(number).toFixed(1)},${at(value).toFixed(1)}`];
    });
    const colour = COLOURS[index % COLOURS.length] ?? "#000";
    const dash = index >= COLOURS.length ? ' stroke-dasharray="4 3"' : "";
    const label = name.replace(/^held out\//, "").replace(/(Loss|Accuracy)$/, "");
    const legend = y + 24 + index * ROW;
    return [
      `<polyline points="${points.join(" ")}" fill="none" stroke="${colour}" stroke-width="1.6"${dash}/>`,
      `<text x="${WIDTH - LEGEND}" y="${legend}" ${TEXT} fill="${colour}">${escapeXml(label || name)}</text>`,
    ].join("\n");
  });
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((share) => {
    const value = share * high;
    return [
      `<line x1="${LEFT}" x2="${LEFT + PLOT}" y1="${at(value).toFixed(1)}" y2="${at(value).toFixed(1)}" stroke="#e3e3e3"/>`,
      `<text x="${LEFT - 6}" y="${(at(value) + 4).toFixed(1)}" ${TEXT} fill="#555" text-anchor="end">${value.toPrecision(2)}</text>`,
    ].join("\n");
  });
  return [
    `<text x="12" y="${y + 4}" ${TEXT} font-weight="600">${escapeXml(title)}</text>`,
    ...ticks,
    ...lines,
    `<text x="${LEFT + PLOT}" y="${y + HEIGHT + 32}" ${TEXT} fill="#555" text-anchor="end">epoch ${curves.length}</text>`,
  ].join("\n");
}
