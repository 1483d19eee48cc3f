import type { Row } from "../../../../src/server/protocol.ts";
import { COLOURS, shadesOf } from "./colours.ts";
import { FONT, type Pen } from "./Pen.ts";

/** How a row's view becomes traces. */
export interface LineStripOptions {
  readonly stream: string;
  readonly traces: number;
  /** What each is called. */
  readonly names?: readonly string[] | undefined;
  /** Points of each trace in a row. */
  readonly perRow: number;
  /** Time between two rows, in µs. */
  readonly period: number;
  /** How far back it reaches, in µs. */
  readonly span: number;
  /** Any CSS colour; the traces are shades of it. */
  readonly colour: string;
  /** The rows there are, oldest first: what is painted again when the lane has another size. */
  readonly rows: () => readonly Row[];
}

/** Names are written as large as their traces leave room, within these sizes. */
const [LEAST_NAME_PX, MOST_NAME_PX] = [9, 11] as const;
const NAME_LEFT_PX = 8;
/** Between two lines of letters. */
const LEADING_PX = 2;

/** How far a trace may reach over its own share of the lane: neighbours seldom swing at once. */
const OVERLAP = 1.6;
const LINE_PX = 1.25;
const MARGIN_PX = 3;

/** A ring of rows in the lane's own pixels, so that thin lines stay thin. */
interface Ring {
  readonly context: OffscreenCanvasRenderingContext2D;
  /** Pixels of the screen for one of CSS. */
  readonly ratio: number;
  readonly rowPx: number;
  readonly height: number;
}

/**
 * Traces that grow to the right for ever, one above the other, each painted once.
 *
 * Drawing a frame costs two `drawImage`, however many traces there are.
 */
export class LineStrip {
  readonly #options: LineStripOptions;
  readonly #shades: readonly string[];
  readonly #capacity: number;
  #ring: Ring | undefined;
  #newest: number | undefined;
  /** Where each trace was at the end of the newest row; 0 where it has no value. */
  #ends: Uint8Array;
  /** Grids need not start at a whole number of periods. */
  #phase = 0;

  constructor(options: LineStripOptions) {
    const { colour, traces, span, period } = options;
    this.#options = options;
    this.#shades = shadesOf(colour, traces);
    this.#capacity = Math.ceil(span / period);
    this.#ends = new Uint8Array(traces);
  }

  /** Paints a row; `undefined` wipes everything. */
  take(row: Row | undefined): void {
    const ring = this.#ring;
    if (row === undefined) {
      ring?.context.clearRect(0, 0, ring.rowPx * this.#capacity, ring.height);
      this.#newest = undefined;
      return;
    }
    if (ring !== undefined) this.#paint(ring, row);
  }

  /** Draws what lies in the pen's time. */
  draw(pen: Pen): void {
    const { period } = this.#options;
    const ring = this.#ringFor(pen);
    if (this.#newest === undefined) return;
    const last = Math.min(this.#newest, Math.ceil((pen.to - this.#phase) / period));
    const oldest = this.#newest - this.#capacity + 1;
    const first = Math.max(oldest, Math.floor((pen.from - this.#phase) / period));
    const { context } = pen;
    context.imageSmoothingEnabled = true;
    context.imageSmoothingQuality = "low";
    // From the place of the first row to the ring's end, then from its start.
    for (let from = first; from <= last; ) {
      const place = from % this.#capacity;
      const rows = Math.min(last - from + 1, this.#capacity - place);
      const left = pen.x(this.#phase + (from - 1) * period);
      const right = pen.x(this.#phase + (from + rows - 1) * period);
      const source = [place * ring.rowPx, 0, rows * ring.rowPx, ring.height] as const;
      context.drawImage(ring.context.canvas, ...source, left, 0, right - left, pen.height);
      from += rows;
    }
    this.#write(pen, ring);
  }

  /** Writes the names over the oldest ends of their traces. */
  #write({ context, height }: Pen, ring: Ring): void {
    const { names = [], traces } = this.#options;
    const px = Math.min(MOST_NAME_PX, Math.floor(height / traces));
    if (px < LEAST_NAME_PX) return;
    context.font = `500 ${px}px ${FONT}`;
    context.textAlign = "left";
    context.textBaseline = "middle";
    context.lineJoin = "round";
    context.lineWidth = 4;
    context.strokeStyle = COLOURS.lane;
    // Where lines of letters would lie over each other, neighbours stand in columns of their own.
    const columns = Math.ceil((px + LEADING_PX) / Math.max(1, height / traces));
    const widest = Math.max(0, ...names.map((name) => context.measureText(name).width));
    for (const [trace, name] of names.entries()) {
      const left = NAME_LEFT_PX + (trace % columns) * (widest + NAME_LEFT_PX);
      const middle = this.#y(ring, trace, 128) / ring.ratio;
      const y = Math.min(Math.max(middle, px / 2 + 1), height - px / 2 - 1);
      context.strokeText(name, left, y);
      // Letters need more light than lines.
      context.fillStyle = `color-mix(in oklab, ${this.#shades[trace]} 55%, ${COLOURS.text})`;
      context.fillText(name, left, y);
    }
  }

  /** The ring for a lane of this size; another size starts it again, with the rows there are. */
  #ringFor({ context, width, height, from, to }: Pen): Ring {
    const ratio = context.canvas.width / width;
    const lines = Math.max(1, Math.round(height * ratio));
    const { period, rows } = this.#options;
    const rowPx = Math.max(1, Math.round((period / (to - from)) * width * ratio));
    const known = this.#ring;
    if (known?.rowPx === rowPx && known.height === lines) return known;
    const fresh = new OffscreenCanvas(rowPx * this.#capacity, lines).getContext("2d");
    if (fresh === null) throw new Error("LineStrip: expected a 2D context, got none");
    const ring = { context: fresh, ratio, rowPx, height: lines };
    this.#ring = ring;
    this.#newest = undefined;
    for (const row of rows()) this.#paint(ring, row);
    return ring;
  }

  #paint(ring: Ring, row: Row): void {
    const { stream, period, traces, perRow } = this.#options;
    const index = Math.floor(row.time / period);
    this.#phase = row.time - index * period;
    const isNext = index - 1 === this.#newest;
    const skipped = Math.min(this.#capacity, index - (this.#newest ?? index) - 1);
    for (let back = skipped; back >= 0; back -= 1) this.#wipe(ring, index - back);
    this.#newest = index;
    const { view } = row.streams[stream] ?? {};
    if (!isNext) this.#ends.fill(0);
    if (view === undefined || view.length !== traces * perRow) {
      this.#ends.fill(0);
      return;
    }
    const { context, rowPx, height, ratio } = ring;
    const left = (index % this.#capacity) * rowPx;
    context.save();
    context.beginPath();
    context.rect(left, 0, rowPx, height);
    context.clip();
    context.lineWidth = LINE_PX * ratio;
    context.lineJoin = "round";
    for (let trace = 0; trace < traces; trace += 1) {
      context.strokeStyle = this.#shades[trace] ?? "";
      context.beginPath();
      this.#trace(ring, view, trace, left);
      context.stroke();
      this.#ends[trace] = view[(perRow - 1) * traces + trace] ?? 0;
    }
    context.restore();
  }

  /** The way of one trace through a row, from where it was; a value that is missing breaks it. */
  #trace(ring: Ring, view: Uint8Array, trace: number, left: number): void {
    const { traces, perRow } = this.#options;
    const { context, rowPx } = ring;
    let before = this.#ends[trace] ?? 0;
    for (let point = 0; point < perRow; point += 1) {
      const value = view[point * traces + trace] ?? 0;
      if (value !== 0) {
        // A value with none before it is a level: a lone point would not be seen.
        const from = before === 0 ? value : before;
        context.moveTo(left + (point / perRow) * rowPx, this.#y(ring, trace, from));
        context.lineTo(left + ((point + 1) / perRow) * rowPx, this.#y(ring, trace, value));
      }
      before = value;
    }
  }

  #y({ height, ratio }: Ring, trace: number, value: number): number {
    const { traces } = this.#options;
    const margin = MARGIN_PX * ratio;
    const room = height - 2 * margin;
    const swing = Math.min(room, (OVERLAP * room) / traces);
    // The first hangs from the top, the last stands at the foot, the others evenly between.
    const top = traces === 1 ? 0 : (trace / (traces - 1)) * (room - swing);
    return margin + top + swing * (1 - (value - 1) / 254);
  }

  #wipe({ context, rowPx, height }: Ring, index: number): void {
    context.clearRect((index % this.#capacity) * rowPx, 0, rowPx, height);
  }
}
