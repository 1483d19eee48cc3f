import { COLOURS } from "./colours.ts";
import type { Painter } from "./Pen.ts";

/** One canvas and what draws on it. */
interface Lane {
  readonly canvas: HTMLCanvasElement;
  readonly context: CanvasRenderingContext2D;
  readonly painter: Painter;
  width: number;
  height: number;
}

/** What the loop needs from its page. */
export interface FrameLoopOptions {
  /** Row time at the right edge, in µs; asked once per frame. */
  readonly edge: () => number | undefined;
  /** µs that an axis of so many CSS pixels shows. */
  readonly span: (width: number) => number;
  /** Whether to move in steps rather than glide. */
  readonly calm: () => boolean;
}

const CALM_MS = 250;

/** Draws every lane once per frame of the screen, all at the same time on the same axis. */
export class FrameLoop {
  readonly #options: FrameLoopOptions;
  readonly #lanes = new Set<Lane>();
  #frame = 0;
  #drawnAt = Number.NEGATIVE_INFINITY;

  constructor(options: FrameLoopOptions) {
    this.#options = options;
  }

  /** Draws on a canvas from now on; returns how to stop. */
  add(canvas: HTMLCanvasElement, painter: Painter): () => void {
    const context = canvas.getContext("2d", { alpha: false });
    if (context === null) throw new Error("FrameLoop: expected a 2D context, got none");
    const lane: Lane = { canvas, context, painter, width: 0, height: 0 };
    const observer = new ResizeObserver(([entry]) => {
      if (entry === undefined) return;
      lane.width = entry.contentRect.width;
      lane.height = entry.contentRect.height;
      this.#drawnAt = Number.NEGATIVE_INFINITY;
    });
    observer.observe(canvas);
    this.#lanes.add(lane);
    if (this.#lanes.size === 1) this.#frame = requestAnimationFrame(this.#draw);
    return () => {
      observer.disconnect();
      this.#lanes.delete(lane);
      if (this.#lanes.size === 0) cancelAnimationFrame(this.#frame);
    };
  }

  /** µs that an axis of this many CSS pixels shows. */
  span(width: number): number {
    return this.#options.span(width);
  }

  readonly #draw = (now: number): void => {
    this.#frame = requestAnimationFrame(this.#draw);
    const to = this.#options.edge();
    if (this.#options.calm() && now - this.#drawnAt < CALM_MS) return;
    this.#drawnAt = now;
    for (const lane of this.#lanes) paint(lane, to, this.span(lane.width));
  };
}

function paint(
  { canvas, context, painter, width, height }: Lane,
  to: number | undefined,
  span: number,
): void {
  if (width === 0 || height === 0) return;
  // Each time, because a window that moves to another screen changes its ratio without changing its size.
  const columns = Math.max(1, Math.round(width * window.devicePixelRatio));
  const lines = Math.max(1, Math.round(height * window.devicePixelRatio));
  if (canvas.width !== columns) canvas.width = columns;
  if (canvas.height !== lines) canvas.height = lines;
  context.setTransform(canvas.width / width, 0, 0, canvas.height / height, 0, 0);
  context.fillStyle = COLOURS.lane;
  context.fillRect(0, 0, width, height);
  if (to === undefined) return;
  const from = to - span;
  painter({ context, width, height, from, to, x: (time) => ((time - from) / span) * width });
}
