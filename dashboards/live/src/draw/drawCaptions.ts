import type { CaptionView } from "../../../../src/server/protocol.ts";
import { type Pen, roundedPath, writeWord } from "./Pen.ts";

/** The words that a text stream carried, each over its time. */
export function drawCaptions(pen: Pen, captions: readonly CaptionView[], colour: string): void {
  const { context, height } = pen;
  for (const { text, from, to } of captions) {
    if (to < pen.from || from > pen.to) continue;
    const left = pen.x(from) + 1;
    const width = Math.max(3, pen.x(to) - pen.x(from) - 3);
    context.fillStyle = colour;
    context.globalAlpha = 0.14;
    roundedPath(context, [left, 5, width, height - 10], 5);
    context.fill();
    context.globalAlpha = 0.9;
    writeWord(context, text, [left, 5, width, height - 10], { weight: 500, size: 13, colour });
    context.globalAlpha = 1;
  }
}
