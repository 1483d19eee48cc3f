import type { Row } from "../../../../src/server/protocol.ts";
import { codeColour } from "./colours.ts";
import type { Pen } from "./Pen.ts";

/** Where the codes of each stream go. */
export interface CodesOptions {
  /** From top to bottom. */
  readonly streams: readonly { readonly stream: string; readonly colour: string }[];
  readonly period: number;
  /** How far the answer of a row lies before the row, in µs. */
  readonly lookAhead: number;
  /** Class that means silence, −1 where there is none. */
  readonly silence: number;
}

interface Run {
  readonly code: number;
  /** Nothing is going on: drawn faintly, so that what happens stands out. */
  readonly quiet: boolean;
  readonly from: number;
  to: number;
}

const BRIDGE_PX = 8;
/** Width of the mark that says whose band it is. */
const MARK_PX = 3;

/**
 * One band per stream, a colour per code; where two streams next to each other have the same code at the
 * same time, the bands join.
 */
export function drawCodes(pen: Pen, rows: readonly Row[], options: CodesOptions): void {
  const { streams, period, lookAhead } = options;
  const band = (pen.height - BRIDGE_PX * (streams.length - 1)) / Math.max(1, streams.length);
  const visible = rows.filter(
    ({ time }) => time - lookAhead + period >= pen.from && time - lookAhead - period <= pen.to,
  );
  for (const [index, { stream, colour }] of streams.entries()) {
    const top = index * (band + BRIDGE_PX);
    const code = (row: Row): number | undefined => row.streams[stream]?.reading?.code;
    fill(pen, runs(visible, options, code), top, band, 3);
    pen.context.fillStyle = colour;
    pen.context.fillRect(0, top, MARK_PX, band);
    const below = streams[index + 1]?.stream;
    if (below === undefined) continue;
    const shared = (row: Row): number | undefined =>
      row.streams[below]?.reading?.code === code(row) ? code(row) : undefined;
    fill(pen, runs(visible, options, shared), top + band - 3, BRIDGE_PX + 6, 0);
  }
}

function runs(
  rows: readonly Row[],
  { period, lookAhead, silence }: CodesOptions,
  codeOf: (row: Row) => number | undefined,
): Run[] {
  const found: Run[] = [];
  let open: Run | undefined;
  for (const row of rows) {
    const code = codeOf(row);
    const end = row.time - lookAhead + period / 2;
    if (code === undefined) {
      open = undefined;
      continue;
    }
    const quiet = row.fused[0]?.class === silence;
    const joins = open?.code === code && open.quiet === quiet && end - open.to < 1.5 * period;
    if (open === undefined || !joins) {
      open = { code, quiet, from: end - period, to: end };
      found.push(open);
    }
    open.to = end;
  }
  return found;
}

function fill(pen: Pen, list: readonly Run[], y: number, height: number, radius: number): void {
  const { context } = pen;
  for (const { code, quiet, from, to } of list) {
    context.globalAlpha = quiet ? 0.22 : 0.92;
    context.fillStyle = codeColour(code);
    const left = pen.x(from);
    const width = Math.max(1, pen.x(to) - left - (radius > 0 ? 1 : 0));
    if (radius === 0 || width < 5) {
      context.fillRect(left, y, width, height);
      continue;
    }
    context.beginPath();
    context.roundRect(left, y, width, height, radius);
    context.fill();
  }
  context.globalAlpha = 1;
}
