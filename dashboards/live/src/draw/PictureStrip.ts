import type { Row } from "../../../../src/server/protocol.ts";
import { PICTURE_TABLE } from "./colours.ts";
import { type Pen, roundedPath } from "./Pen.ts";

/** What the pictures of a stream look like. */
export interface PictureStripOptions {
  readonly stream: string;
  readonly width: number;
  readonly height: number;
  /** How many pictures to keep. */
  readonly capacity: number;
}

interface Place {
  readonly time: number;
  readonly x: number;
  readonly y: number;
}

const GAP_PX = 3;
/** Pictures to a line of the atlas. */
const PER_LINE = 32;

/** The last pictures of a stream, small, on one canvas; drawn as a strip of film, or one by itself. */
export class PictureStrip {
  readonly #options: PictureStripOptions;
  readonly #atlas: OffscreenCanvas;
  readonly #context: OffscreenCanvasRenderingContext2D;
  readonly #pixels: ImageData;
  #places: Place[] = [];
  #count = 0;

  constructor(options: PictureStripOptions) {
    this.#options = options;
    const { width, height, capacity } = options;
    this.#atlas = new OffscreenCanvas(width * PER_LINE, height * Math.ceil(capacity / PER_LINE));
    const context = this.#atlas.getContext("2d");
    if (context === null) throw new Error("PictureStrip: expected a 2D context, got none");
    this.#context = context;
    this.#pixels = new ImageData(width, height);
  }

  /** Keeps a row's picture; `undefined` forgets all. */
  take(row: Row | undefined): void {
    const { stream, width, height, capacity } = this.#options;
    if (row === undefined) {
      this.#places = [];
      return;
    }
    const view = row.streams[stream]?.view;
    if (view === undefined || view.length !== width * height) return;
    const { data } = this.#pixels;
    for (let at = 0; at < view.length; at += 1)
      for (let channel = 0; channel < 4; channel += 1)
        data[4 * at + channel] = PICTURE_TABLE[4 * (view[at] ?? 0) + channel] ?? 0;
    const slot = this.#count % capacity;
    this.#count += 1;
    const x = (slot % PER_LINE) * width;
    const y = Math.floor(slot / PER_LINE) * height;
    this.#context.putImageData(this.#pixels, x, y);
    this.#places.push({ time: row.time, x, y });
    if (this.#places.length > capacity) this.#places.shift();
  }

  /** Draws a strip of frames of equal width; each shows the first picture of its stretch of time. */
  drawFilm(pen: Pen, y: number, height: number): void {
    const { width: sourceWidth, height: sourceHeight } = this.#options;
    const width = (height * sourceWidth) / sourceHeight;
    const stretch = ((pen.to - pen.from) * (width + GAP_PX)) / pen.width;
    let next = 0;
    for (let frame = Math.floor(pen.from / stretch); frame * stretch < pen.to; frame += 1) {
      const start = frame * stretch;
      while ((this.#places[next]?.time ?? Infinity) < start) next += 1;
      const place = this.#places[next];
      if (place === undefined) return;
      if (place.time >= start + stretch) continue;
      this.#drawPlace(pen.context, place, [pen.x(start), y, width, height]);
    }
  }

  /** Draws the picture nearest before a time into a box; whether there was one not older than `slack`. */
  drawAt(
    context: CanvasRenderingContext2D,
    time: number,
    slack: number,
    box: readonly [number, number, number, number],
  ): boolean {
    const place = this.#places.findLast((candidate) => candidate.time <= time);
    if (place === undefined || time - place.time > slack) return false;
    this.#drawPlace(context, place, box);
    return true;
  }

  #drawPlace(
    context: CanvasRenderingContext2D,
    { x, y }: Place,
    box: readonly [number, number, number, number],
  ): void {
    const { width, height } = this.#options;
    context.save();
    roundedPath(context, box, 5);
    context.clip();
    context.imageSmoothingEnabled = true;
    context.imageSmoothingQuality = "high";
    // Half a pixel in from each side: smoothing must not mix in the neighbours on the atlas.
    context.drawImage(this.#atlas, x + 0.5, y + 0.5, width - 1, height - 1, ...box);
    context.restore();
  }
}
