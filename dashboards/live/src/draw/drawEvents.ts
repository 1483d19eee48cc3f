import type { KnownLabel, LiveEvent } from "../../../../src/server/protocol.ts";
import { COLOURS } from "./colours.ts";
import { isTruth } from "./drawLabels.ts";
import { FONT, type Pen, roundedPath, writeWord } from "./Pen.ts";

/** What to draw besides the events themselves. */
export interface EventsOptions {
  readonly labels: readonly KnownLabel[];
  /** Streams whose evidence is drawn, with their colours, from top to bottom. */
  readonly streams: readonly { readonly stream: string; readonly colour: string }[];
}

const EVIDENCE_PX = 6;
const EVIDENCE_GAP_PX = 3;
/** Many streams share the room of this many. */
const MOST_EVIDENCE_PX = 4 * (EVIDENCE_PX + EVIDENCE_GAP_PX);
const INSET_PX = 1.5;
/** Words at least this wide also say how sure they are. */
const WIDE_PX = 34;

/**
 * The events found, and under each what every stream alone says: from when to when, the fainter the less
 * sure. Events that overlap share the height.
 */
export function drawEvents(pen: Pen, events: Iterable<LiveEvent>, options: EventsOptions): void {
  const { streams } = options;
  const truth = options.labels.filter(isTruth);
  const visible = [...events].filter(({ from, to }) => to >= pen.from && from <= pen.to);
  const tracks = tracksOf(visible);
  const count = Math.max(1, ...visible.map((event) => (tracks.get(event) ?? 0) + 1));
  const evidence = Math.min(streams.length * (EVIDENCE_PX + EVIDENCE_GAP_PX), MOST_EVIDENCE_PX);
  const pitch = evidence / Math.max(1, streams.length);
  const room = (pen.height - 6) / count;
  for (const event of visible) {
    const top = 4 + (tracks.get(event) ?? 0) * room;
    const height = room - evidence - 4;
    const left = pen.x(event.from) + INSET_PX;
    // A word whose end lies ahead would else be written half outside.
    const right = Math.min(pen.x(event.to), pen.width) - INSET_PX;
    const width = Math.max(3, right - left);
    drawWord(pen, event, [left, top, width, height], isWrong(event, truth));
    for (const [index, { stream, colour }] of streams.entries()) {
      const y = top + height + EVIDENCE_GAP_PX + index * pitch;
      drawEvidence(pen, event, { stream, colour }, [left, y, width, Math.max(2, pitch - 3)]);
    }
  }
}

/** The first track on which each event meets no other; most often there is one. */
function tracksOf(events: readonly LiveEvent[]): ReadonlyMap<LiveEvent, number> {
  const ends: number[] = [];
  const tracks = new Map<LiveEvent, number>();
  for (const event of [...events].sort((a, b) => a.from - b.from)) {
    const free = ends.findIndex((end) => end <= event.from);
    const track = free < 0 ? ends.length : free;
    ends[track] = event.to;
    tracks.set(event, track);
  }
  return tracks;
}

function drawEvidence(
  pen: Pen,
  { evidence, extents }: LiveEvent,
  { stream, colour }: { readonly stream: string; readonly colour: string },
  [left, y, width, height]: readonly [number, number, number, number],
): void {
  const share = evidence[stream] ?? 0;
  pen.context.fillStyle = "rgba(140, 152, 178, 0.12)";
  fillRounded(pen, [left, y, width, height]);
  if (share <= 0.02) return;
  pen.context.fillStyle = colour;
  if (extents === undefined) {
    fillRounded(pen, [left, y, width * share, height]);
    return;
  }
  const extent = extents[stream];
  if (extent === undefined) return;
  const from = Math.max(pen.x(extent[0]) + INSET_PX, left);
  const to = Math.min(pen.x(extent[1]) - INSET_PX, left + width);
  pen.context.globalAlpha = 0.3 + 0.7 * share;
  fillRounded(pen, [from, y, Math.max(2, to - from), height]);
  pen.context.globalAlpha = 1;
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
  const isRoomy = height > 40;
  if (!isRoomy || width < Math.max(WIDE_PX, context.measureText(event.label).width + 4)) {
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
function isWrong(event: LiveEvent, truth: readonly KnownLabel[]): boolean {
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
