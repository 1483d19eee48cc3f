import type { Row, StreamRow } from "../../../../src/server/protocol.ts";
import { COLOURS } from "./colours.ts";
import { FONT, type Pen } from "./Pen.ts";

/** Which of a stream's missing rows are gaps: between two words there is nothing to miss. */
export interface GapOptions {
  readonly stream: string;
  /** Frames come as things happen. */
  readonly irregular: boolean;
  readonly period: number;
}

interface Gap {
  readonly from: number;
  to: number;
  reason: string;
}

/** In words, for somebody who does not know the aligner. */
const WORDS: Readonly<Record<string, string>> = {
  "never-seen": "nothing yet",
  idle: "silent",
  skew: "too far behind",
  "too-old": "too old",
  incomplete: "incomplete",
  optional: "not waited for",
  gap: "gap",
};

const STEP_PX = 9;
const LABEL_PX = 90;

/** Hatches the stretches in which a stream was missing, with the reason where there is room. */
export function drawGaps(pen: Pen, rows: readonly Row[], options: GapOptions): void {
  for (const gap of gapsOf(rows, pen, options)) hatch(pen, gap);
}

function gapsOf(rows: readonly Row[], { from, to }: Pen, options: GapOptions): Gap[] {
  const { stream, period } = options;
  const gaps: Gap[] = [];
  let open: Gap | undefined;
  for (const { time, streams } of rows) {
    if (time < from || time - period > to) continue;
    const row = streams[stream];
    if (!isGap(row, options)) {
      open = undefined;
      continue;
    }
    if (open === undefined || time - open.to > 2 * period) {
      open = { from: time - period, to: time, reason: "" };
      gaps.push(open);
    }
    open.to = time;
    open.reason = row?.reason ?? open.reason;
  }
  return gaps;
}

function isGap(row: StreamRow | undefined, { irregular }: GapOptions): boolean {
  if (row === undefined) return true;
  if (row.presence !== "missing") return false;
  return !irregular || row.reason === "idle" || row.reason === "never-seen";
}

function hatch(pen: Pen, gap: Gap): void {
  const { context, height } = pen;
  const left = Math.max(0, pen.x(gap.from));
  const right = Math.min(pen.width, pen.x(gap.to));
  if (right <= left) return;
  context.save();
  context.beginPath();
  context.rect(left, 0, right - left, height);
  context.clip();
  context.fillStyle = COLOURS.lane;
  context.fillRect(left, 0, right - left, height);
  // Anchored in time, not on the screen, or the hatching would seem to flow.
  const start = pen.x(Math.floor(gap.from / 1e6) * 1e6) % STEP_PX;
  context.strokeStyle = COLOURS.hatch;
  context.lineWidth = 1.5;
  context.beginPath();
  for (
    let x = left - height - STEP_PX - ((left - height - start) % STEP_PX);
    x < right;
    x += STEP_PX
  ) {
    context.moveTo(x, height);
    context.lineTo(x + height, 0);
  }
  context.stroke();
  if (right - left > LABEL_PX && gap.reason !== "")
    label(pen, WORDS[gap.reason] ?? gap.reason, left, right);
  context.restore();
}

function label({ context, height }: Pen, words: string, left: number, right: number): void {
  context.font = `500 12px ${FONT}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  const middle = (left + right) / 2;
  const width = context.measureText(words).width + 16;
  context.fillStyle = COLOURS.lane;
  context.fillRect(middle - width / 2, height / 2 - 10, width, 20);
  context.fillStyle = COLOURS.dim;
  context.fillText(words, middle, height / 2 + 0.5);
}
