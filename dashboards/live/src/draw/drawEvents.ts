import type { LiveEvent, TruthMessage } from "../../../../src/server/protocol.ts";
import { COLOURS } from "./colours.ts";
import { FONT, type Pen, roundedPath, writeWord } from "./Pen.ts";

/** What to draw besides the events themselves. */
export interface EventsOptions {
  readonly truth: readonly TruthMessage["labels"][number][];
  /** Streams whose evidence is drawn, with their colours, from top to bottom. */
  readonly streams: readonly { readonly stream: string; readonly colour: string }[];
}

/** Room for the true words, and the least that they need of the lane. */
const TRUTH_PX = 46;
const EVIDENCE_PX = 6;
const EVIDENCE_GAP_PX = 3;
const INSET_PX = 1.5;
/** Words at least this wide also say how sure they are. */
const WIDE_PX = 34;

/** The true words on top, the words found below them, and under each what every stream alone says. */
export function drawEvents(pen: Pen, events: Iterable<LiveEvent>, options: EventsOptions): void {
  const { truth, streams } = options;
  const top = truth.length > 0 ? TRUTH_PX : 4;
  const evidence = streams.length * (EVIDENCE_PX + EVIDENCE_GAP_PX);
  const height = pen.height - top - evidence - 6;
  for (const label of truth) drawTruth(pen, label);
  for (const event of events) {
    if (event.to < pen.from || event.from > pen.to) continue;
    const left = pen.x(event.from) + INSET_PX;
    const width = Math.max(3, pen.x(event.to) - pen.x(event.from) - 2 * INSET_PX);
    drawWord(pen, event, [left, top, width, height], isWrong(event, truth));
    for (const [index, { stream, colour }] of streams.entries()) {
      const y = top + height + EVIDENCE_GAP_PX + index * (EVIDENCE_PX + EVIDENCE_GAP_PX);
      const share = event.evidence[stream] ?? 0;
      pen.context.fillStyle = "rgba(140, 152, 178, 0.12)";
      fillRounded(pen, [left, y, width, EVIDENCE_PX]);
      pen.context.fillStyle = colour;
      if (share > 0.02) fillRounded(pen, [left, y, width * share, EVIDENCE_PX]);
    }
  }
}

function drawTruth(pen: Pen, { label, from, to }: TruthMessage["labels"][number]): void {
  if (to < pen.from || from > pen.to) return;
  const { context } = pen;
  const left = pen.x(from) + INSET_PX;
  const width = pen.x(to) - pen.x(from) - 2 * INSET_PX;
  context.fillStyle = "rgba(140, 152, 178, 0.05)";
  context.fillRect(left, 0, width, pen.height);
  context.fillStyle = "rgba(140, 152, 178, 0.45)";
  context.fillRect(left, TRUTH_PX - 5, width, 1.5);
  const style = { weight: 400, size: 12, colour: COLOURS.dim };
  writeWord(context, label, [left, 0, width, TRUTH_PX - 6], style);
}

function drawWord(
  { context }: Pen,
  event: LiveEvent,
  box: readonly [number, number, number, number],
  wrong: boolean,
): void {
  const [left, top, width, height] = box;
  const sure = event.state === "final";
  const ink = wrong ? COLOURS.wrong : COLOURS.text;
  context.globalAlpha = 0.08 + 0.16 * event.score;
  context.fillStyle = ink;
  roundedPath(context, box, 6);
  context.fill();
  context.globalAlpha = sure ? 0.55 : 0.95;
  context.strokeStyle = ink;
  context.lineWidth = 1;
  context.setLineDash(sure ? [] : [4, 3]);
  context.stroke();
  context.setLineDash([]);
  context.globalAlpha = sure ? 1 : 0.85;
  const style = { weight: 600, size: 14, colour: ink };
  context.font = `600 16px ${FONT}`;
  if (width < Math.max(WIDE_PX, context.measureText(event.label).width + 4)) {
    writeWord(context, event.label, box, style);
  } else {
    writeWord(context, event.label, [left, top, width, height - 12], { ...style, size: 16 });
    const score = `${Math.round(event.score * 100)}`;
    const dim = { weight: 400, size: 11, colour: wrong ? COLOURS.wrong : COLOURS.dim };
    writeWord(context, score, [left, top + height / 2 + 2, width, 18], dim);
  }
  context.globalAlpha = 1;
}

/** Whether another word is truly said in the middle of the event, or none though the truth reaches there. */
function isWrong(event: LiveEvent, truth: readonly TruthMessage["labels"][number][]): boolean {
  if (event.state === "provisional") return false;
  const middle = (event.from + event.to) / 2;
  if (!truth.some(({ to }) => to >= middle)) return false;
  const said = truth.find(({ from, to }) => from <= middle && middle < to);
  return said?.label !== event.label;
}

function fillRounded({ context }: Pen, box: readonly [number, number, number, number]): void {
  roundedPath(context, box, 3);
  context.fill();
}
