import { escapeXml } from "./escapeXml.ts";
import type { MetricSummary, MetricTable } from "./Study.ts";
import { metricName } from "./Study.ts";

/** Methods side by side on the same subsets of modalities. */
export interface SubsetHeatMapOptions {
  /** Above the picture. */
  readonly title: string;
  /** What a row is called and how its metric is named: `accuracy/inertial+skeleton`. */
  readonly subsets: readonly { readonly label: string; readonly metric: string }[];
  /** Columns: variants with what they are called. */
  readonly methods: readonly { readonly label: string; readonly variant: string }[];
  readonly metrics: MetricTable;
}

/** Viridis at equal steps (van der Walt and Smith 2015): even in brightness, also in grey. */
const COLOURS = [
  [68, 1, 84],
  [65, 68, 135],
  [42, 120, 142],
  [34, 168, 132],
  [122, 209, 81],
  [253, 231, 37],
] as const;
const [CELL_WIDTH, CELL_HEIGHT, TOP_MARGIN] = [58, 26, 46] as const;
const TEXT = 'font-family="system-ui, sans-serif"';
/** Width of a letter at 12 px, for the space that labels need. */
const LETTER = 6.6;
/** Column labels rise at this angle. */
const ANGLE = (35 * Math.PI) / 180;

/**
 * A heat map of accuracy: a row per subset of modalities, a column per method, the figure in each cell.
 *
 * Colours run from the lowest figure shown to the highest; the best of a row is in bold; what was not
 * measured is an empty frame.
 *
 * @returns An SVG document that reads on light and on dark pages.
 */
export function drawSubsetHeatMap({
  title,
  subsets,
  methods,
  metrics,
}: SubsetHeatMapOptions): string {
  const cells = subsets.map(({ metric }) =>
    methods.map(({ variant }) => metrics[metricName(metric, variant)]),
  );
  const means = cells.flat().flatMap((cell) => (cell === undefined ? [] : [cell.mean]));
  const [low, high] = [Math.min(...means), Math.max(...means)];
  const shareOf = (value: number): number => (high > low ? (value - low) / (high - low) : 1);
  const longest = (labels: readonly { readonly label: string }[]): number =>
    Math.max(0, ...labels.map(({ label }) => label.length)) * LETTER;
  const left = Math.ceil(longest(subsets) + 28);
  const top = Math.ceil(TOP_MARGIN + longest(methods) * Math.sin(ANGLE) + 14);
  const right = Math.ceil(longest(methods) * Math.cos(ANGLE) - CELL_WIDTH / 2 + 24);
  const width = left + methods.length * CELL_WIDTH + Math.max(16, right);
  const height = top + subsets.length * CELL_HEIGHT + 16;
  const body = [
    `<text x="12" y="24" ${TEXT} font-size="15" font-weight="600">${escapeXml(title)}</text>`,
    ...methods.map(({ label, variant }, column) => {
      const [x, y] = [left + (column + 0.5) * CELL_WIDTH, top - 8];
      const weight = variant === "" ? ' font-weight="600"' : "";
      return `<text transform="translate(${x} ${y}) rotate(-35)" ${TEXT} font-size="12"${weight}>${escapeXml(label)}</text>`;
    }),
    ...subsets.flatMap(({ label }, row) => {
      const y = top + row * CELL_HEIGHT;
      const best = Math.max(...(cells[row] ?? []).map((cell) => cell?.mean ?? -Infinity));
      return [
        `<text x="${left - 12}" y="${y + CELL_HEIGHT / 2 + 4}" ${TEXT} font-size="12" text-anchor="end">${escapeXml(label)}</text>`,
        ...methods.map((_, column) =>
          drawCell(cells[row]?.[column], {
            x: left + column * CELL_WIDTH,
            y,
            best,
            share: shareOf(cells[row]?.[column]?.mean ?? low),
          }),
        ),
      ];
    }),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escapeXml(title)}">
<rect width="100%" height="100%" fill="#ffffff"/>
${body.join("\n")}
</svg>
`;
}

function drawCell(
  cell: MetricSummary | undefined,
  {
    x,
    y,
    best,
    share,
  }: { readonly x: number; readonly y: number; readonly best: number; readonly share: number },
): string {
  const frame = `x="${x + 1}" y="${y + 1}" width="${CELL_WIDTH - 2}" height="${CELL_HEIGHT - 2}" rx="2"`;
  if (cell === undefined) return `<rect ${frame} fill="none" stroke="#dddddd"/>`;
  const weight = cell.mean === best ? ' font-weight="700"' : "";
  // Viridis is light from its middle on: dark figures there.
  const ink = share > 0.55 ? "#111111" : "#ffffff";
  return `<rect ${frame} fill="${colourAt(share)}"/><text x="${x + CELL_WIDTH / 2}" y="${y + CELL_HEIGHT / 2 + 4}" ${TEXT} font-size="12"${weight} fill="${ink}" text-anchor="middle">${cell.mean.toFixed(3)}</text>`;
}

/** @param share In 0..1, from the lowest to the highest. */
function colourAt(share: number): string {
  const at = share * (COLOURS.length - 1);
  const index = Math.min(Math.floor(at), COLOURS.length - 2);
  const [from = COLOURS[0], to = COLOURS[0]] = [COLOURS[index], COLOURS[index + 1]];
  const mixed = from.map((value, i) => Math.round(value + ((to[i] ?? 0) - value) * (at - index)));
  return `#${mixed.map((value) => value.toString(16).padStart(2, "0")).join("")}`;
}
