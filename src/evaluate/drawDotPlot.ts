import { escapeXml } from "./escapeXml.ts";
import type { ResultTable } from "./resultTables.ts";

/** Colours that people with any colour vision tell apart (Okabe and Ito 2008). */
const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#555555"];
const [ROW, LEFT, PLOT, TOP, LEGEND_ROW] = [26, 210, 480, 46, 18] as const;
const TEXT = 'font-family="system-ui, sans-serif"';
/** About the width of a letter of the legend. */
const LETTER = 7;
const RADIUS = 4.5;

/**
 * One table as a dot plot: a row per variant, a mark per input, its whisker one deviation either way. Inputs beyond
 * the colours there are have the same colours and another shape.
 *
 * @param title Above the plot.
 * @param nameOf What a variant is called.
 * @returns An SVG document that reads on light and on dark pages.
 */
export function drawDotPlot(
  table: ResultTable,
  title: string,
  nameOf: (variant: string) => string,
): string {
  const { inputs, variants, cells } = table;
  const [low, high] = rangeOf(table);
  const x = (value: number): number => LEFT + ((value - low) / (high - low)) * PLOT;
  const bottom = TOP + variants.length * ROW;
  const ticks = Array.from({ length: 6 }, (_, i) => low + ((high - low) * i) / 5);
  const longest = Math.max(...inputs.map(({ length }) => length), 0);
  const perLine = Math.max(1, Math.floor(PLOT / Math.max(24 + LETTER * longest, 150)));
  const height = bottom + 34 + Math.ceil(inputs.length / perLine) * LEGEND_ROW;
  const body = [
    `<text x="12" y="24" ${TEXT} font-size="15" font-weight="600">${escapeXml(title)}</text>`,
    ...ticks.flatMap((tick) => [
      `<line x1="${x(tick).toFixed(1)}" x2="${x(tick).toFixed(1)}" y1="${TOP}" y2="${bottom}" stroke="#e3e3e3"/>`,
      `<text x="${x(tick).toFixed(1)}" y="${bottom + 15}" ${TEXT} font-size="11" fill="#555" text-anchor="middle">${round(tick)}</text>`,
    ]),
    ...variants.flatMap((variant, row) => {
      const y = TOP + row * ROW + ROW / 2;
      const weight = variant === "" ? ' font-weight="600"' : "";
      return [
        `<text x="${LEFT - 12}" y="${y + 4}" ${TEXT} font-size="12"${weight} text-anchor="end">${escapeXml(nameOf(variant))}</text>`,
        ...inputs.flatMap((_, input) => {
          const cell = cells[row]?.[input];
          if (cell === undefined) return [];
          const [from, to] = [x(cell.mean - cell.std), x(cell.mean + cell.std)];
          return [
            `<line x1="${from.toFixed(1)}" x2="${to.toFixed(1)}" y1="${y}" y2="${y}" stroke="${colour(input)}" stroke-width="2" stroke-opacity="0.5"/>`,
            mark(input, x(cell.mean), y),
          ];
        }),
      ];
    }),
    ...inputs.flatMap((input, i) => {
      const [column, line] = [i % perLine, Math.floor(i / perLine)];
      const [cx, cy] = [LEFT + column * (PLOT / perLine) + 5, bottom + 32 + line * LEGEND_ROW];
      return [
        mark(i, cx, cy),
        `<text x="${cx + 10}" y="${cy + 4}" ${TEXT} font-size="12">${escapeXml(input)}</text>`,
      ];
    }),
  ];
  const width = LEFT + PLOT + 30;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escapeXml(title)}">
<rect width="${width}" height="${height}" rx="6" fill="#ffffff"/>
${body.join("\n")}
</svg>
`;
}

function colour(input: number): string {
  return COLOURS[input % COLOURS.length] ?? "#000";
}

/** A disc for the first inputs, then a diamond, then a square. */
function mark(input: number, x: number, y: number): string {
  const paint = `fill="${colour(input)}" fill-opacity="0.85" stroke="#ffffff" stroke-width="0.8"`;
  const shape = Math.floor(input / COLOURS.length) % 3;
  const [cx, side] = [x.toFixed(1), 2 * RADIUS - 1];
  if (shape === 0) return `<circle cx="${cx}" cy="${y}" r="${RADIUS}" ${paint}/>`;
  const turn = shape === 1 ? ` transform="rotate(45 ${cx} ${y})"` : "";
  return `<rect x="${(x - side / 2).toFixed(1)}" y="${y - side / 2}" width="${side}" height="${side}"${turn} ${paint}/>`;
}

/** Shares are drawn on 0..1; other figures on what they span. */
function rangeOf({ cells }: ResultTable): readonly [low: number, high: number] {
  const values = cells
    .flat()
    .flatMap((cell) => (cell === undefined ? [] : [cell.mean - cell.std, cell.mean + cell.std]));
  const [least, most] = [Math.min(...values), Math.max(...values)];
  if (least >= -0.05 && most <= 1.05) return [0, 1];
  const pad = (most - least || 1) * 0.05;
  return [least - pad, most + pad];
}

function round(value: number): string {
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(value % 1 === 0 ? 0 : 2);
}
