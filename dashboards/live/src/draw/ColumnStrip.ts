import type { Row } from "../../../../src/server/protocol.ts";
import type { Pen } from "./Pen.ts";

/** How columns of a row's view become pixels. */
export interface ColumnStripOptions {
  readonly stream: string;
  readonly bins: number;
  readonly perRow: number;
  /** Time between two rows, in µs. */
  readonly period: number;
  /** How far back it reaches, in µs. */
  readonly span: number;
  /** 256 RGBA colours, flat. */
  readonly table: Uint8ClampedArray;
  /** Value of a bin of a column of a row's view, 0 the lowest bin. */
  readonly pick: (view: Uint8Array, column: number, bin: number) => number;
  /** Whether a row without a view, of a stream that is present, repeats the last column. */
  readonly holds: boolean;
}

/**
 * A picture that grows to the right for ever: a ring of columns, each painted once.
 *
 * Drawing a frame costs two `drawImage`, however much is on screen.
 */
export class ColumnStrip {
  readonly #options: ColumnStripOptions;
  readonly #columns: number;
  readonly #ring: OffscreenCanvas;
  readonly #context: OffscreenCanvasRenderingContext2D;
  readonly #pixels: ImageData;
  #newest: number | undefined;
  /** Grids need not start at a whole number of periods. */
  #phase = 0;

  constructor(options: ColumnStripOptions) {
    this.#options = options;
    const { bins, perRow, period, span } = options;
    // Whole rows, so that no row ever wraps around the end of the ring.
    this.#columns = Math.ceil(span / period) * perRow;
    this.#ring = new OffscreenCanvas(this.#columns, bins);
    const context = this.#ring.getContext("2d");
    if (context === null) throw new Error("ColumnStrip: expected a 2D context, got none");
    this.#context = context;
    this.#pixels = new ImageData(perRow, bins);
  }

  /** Paints a row's columns; `undefined` wipes everything. */
  take(row: Row | undefined): void {
    const { stream, bins, perRow, period, table, pick, holds } = this.#options;
    if (row === undefined) {
      this.#context.clearRect(0, 0, this.#columns, bins);
      this.#newest = undefined;
      return;
    }
    const index = Math.floor(row.time / period);
    this.#phase = row.time - index * period;
    const skipped = Math.min(this.#columns / perRow, index - (this.#newest ?? index) - 1);
    for (let back = skipped; back >= 1; back -= 1) this.#wipe(index - back);
    this.#newest = index;
    const { view, presence = "missing" } = row.streams[stream] ?? {};
    if (view === undefined) {
      if (holds && presence !== "missing")
        this.#context.putImageData(this.#pixels, this.#place(index), 0);
      else this.#wipe(index);
      return;
    }
    const { data } = this.#pixels;
    for (let column = 0; column < perRow; column += 1)
      for (let bin = 0; bin < bins; bin += 1) {
        const colour = 4 * pick(view, column, bin);
        const at = 4 * ((bins - 1 - bin) * perRow + column);
        for (let channel = 0; channel < 4; channel += 1)
          data[at + channel] = table[colour + channel] ?? 0;
      }
    this.#context.putImageData(this.#pixels, this.#place(index), 0);
  }

  /** Draws what lies in the pen's time into [y, y + height). */
  draw(pen: Pen, y: number, height: number): void {
    const { bins, perRow, period } = this.#options;
    if (this.#newest === undefined) return;
    const last = Math.min(this.#newest, Math.ceil((pen.to - this.#phase) / period));
    const oldest = this.#newest - this.#columns / perRow + 1;
    const first = Math.max(oldest, Math.floor((pen.from - this.#phase) / period));
    if (last < first) return;
    const { context } = pen;
    context.imageSmoothingEnabled = true;
    // Without a GPU, "high" costs a fifth of a frame more, and nobody sees it on a spectrogram.
    context.imageSmoothingQuality = "low";
    // From the place of the first row to the ring's end, then from its start.
    let from = first;
    while (from <= last) {
      const place = this.#place(from);
      const rows = Math.min(last - from + 1, (this.#columns - place) / perRow);
      // A row is about the period that ends at its time.
      const left = pen.x(this.#phase + (from - 1) * period);
      const right = pen.x(this.#phase + (from + rows - 1) * period);
      context.drawImage(this.#ring, place, 0, rows * perRow, bins, left, y, right - left, height);
      from += rows;
    }
  }

  #place(index: number): number {
    return (index * this.#options.perRow) % this.#columns;
  }

  #wipe(index: number): void {
    this.#context.clearRect(this.#place(index), 0, this.#options.perRow, this.#options.bins);
  }
}
