import type { Row } from "../../../../src/server/protocol.ts";
import type { Pen } from "./Pen.ts";

const THICK_PX = 3;

/** A line through the middle while a stream is there: of a stream that nothing else is drawn of. */
export function drawPresence(
  pen: Pen,
  rows: readonly Row[],
  {
    stream,
    colour,
    period,
  }: { readonly stream: string; readonly colour: string; readonly period: number },
): void {
  const { context, height } = pen;
  context.fillStyle = colour;
  for (const { time, streams } of rows) {
    if (time < pen.from || time - period > pen.to) continue;
    const presence = streams[stream]?.presence;
    if (presence === undefined || presence === "missing") continue;
    context.globalAlpha = presence === "real" ? 0.55 : 0.25;
    const left = pen.x(time - period);
    context.fillRect(left, (height - THICK_PX) / 2, pen.x(time) - left + 0.5, THICK_PX);
  }
  context.globalAlpha = 1;
}
