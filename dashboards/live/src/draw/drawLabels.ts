import type { KnownLabel } from "../../../../src/server/protocol.ts";
import { COLOURS } from "./colours.ts";
import { type Pen, roundedPath, writeWord } from "./Pen.ts";

/** A stretch of time, in µs. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

const INSET_PX = 1.5;

/** Whether the feed itself says so, rather than a person. */
export function isTruth({ by }: KnownLabel): boolean {
  return by === undefined || by === "truth";
}

/** What is truly said, quietly; what people said about it, in their own colour; what is being marked. */
export function drawLabels(
  pen: Pen,
  labels: readonly KnownLabel[],
  marked: Stretch | undefined,
): void {
  const taught = labels.filter((label) => !isTruth(label));
  for (const label of labels)
    if (isTruth(label) && !taught.some((other) => overlaps(other, label))) drawTruth(pen, label);
  for (const label of taught) drawTaught(pen, label);
  if (marked !== undefined) drawMark(pen, marked);
}

function overlaps(a: Stretch, b: Stretch): boolean {
  return a.from < b.to && b.from < a.to;
}

function boxOf(pen: Pen, { from, to }: Stretch): [number, number, number, number] | undefined {
  if (to < pen.from || from > pen.to) return undefined;
  const left = pen.x(from) + INSET_PX;
  // What is known ahead of time would else be written half outside.
  const right = Math.min(pen.x(to), pen.width) - INSET_PX;
  return [left, 3, Math.max(3, right - left), pen.height - 6];
}

function drawTruth(pen: Pen, label: KnownLabel): void {
  const box = boxOf(pen, label);
  if (box === undefined) return;
  const { context } = pen;
  context.fillStyle = "rgba(140, 152, 178, 0.10)";
  roundedPath(context, box, 5);
  context.fill();
  writeWord(context, label.label, box, { weight: 400, size: 13, colour: COLOURS.dim });
}

function drawTaught(pen: Pen, label: KnownLabel): void {
  const box = boxOf(pen, label);
  if (box === undefined) return;
  const { context } = pen;
  context.fillStyle = COLOURS.taughtFill;
  roundedPath(context, box, 5);
  context.fill();
  context.strokeStyle = COLOURS.taught;
  context.lineWidth = 1;
  context.stroke();
  writeWord(context, label.label, box, { weight: 600, size: 13, colour: COLOURS.taught });
}

function drawMark(pen: Pen, marked: Stretch): void {
  const box = boxOf(pen, marked);
  if (box === undefined) return;
  const { context } = pen;
  context.fillStyle = "rgba(234, 238, 247, 0.16)";
  roundedPath(context, box, 5);
  context.fill();
  context.strokeStyle = COLOURS.text;
  context.setLineDash([4, 3]);
  context.stroke();
  context.setLineDash([]);
}
