import {
  type Cell,
  ChannelTraces,
  type ChannelTracesSnapshot,
  type FeatureExtractor,
  type Micros,
  ShapeError,
} from "../../../src/index.ts";

/** A pen's way between two points is some hundredth of the sheet: this brings it to the places' size. */
const MOTION = 10;

/**
 * The points of a pen within a row: where it is, how it moved, whether it is down.
 *
 *     per point: (x, y) / 255 − ½,   10 (Δx, Δy) / 255 since the point before,   pen;   zeros with the pen up
 *
 * A pen that is up writes nothing, so where it is does not matter, and no way leads there or back. One row
 * is [points, 5], flat.
 */
export class PenPath implements FeatureExtractor {
  readonly size: number;
  readonly #points: number;
  readonly #traces: ChannelTraces;
  #before: readonly [x: number, y: number] | undefined;

  /** @param points Points in a row: the `count` of the stream's policy. */
  constructor(points: number) {
    this.#points = points;
    this.size = 5 * points;
    this.#traces = new ChannelTraces({ channels: 3, perRow: points });
  }

  /** x, y and pen as traces for people. */
  get view(): Uint8Array {
    return this.#traces.view;
  }

  /**
   * @inheritdoc
   * @throws {ShapeError} If the cell has not as many points as a row.
   */
  push(cell: Cell, time: Micros): Float32Array | undefined {
    if (cell.presence === "missing") {
      this.#before = undefined;
      return undefined;
    }
    const { payload } = cell;
    if (payload.byteLength !== 3 * this.#points)
      throw new ShapeError(
        "PenPath",
        `expected ${this.#points} points of 3 bytes, got ${payload.byteLength} bytes`,
      );
    this.#traces.push(payload, time);
    const features = new Float32Array(this.size);
    for (let point = 0; point < this.#points; point++) {
      const [x = 0, y = 0, pen = 0] = payload.subarray(3 * point, 3 * point + 3);
      const before = this.#before;
      this.#before = pen === 0 ? undefined : [x, y];
      if (pen === 0) continue;
      const [fromX, fromY] = before ?? [x, y];
      features.set(
        [
          x / 255 - 0.5,
          y / 255 - 0.5,
          (MOTION * (x - fromX)) / 255,
          (MOTION * (y - fromY)) / 255,
          1,
        ],
        5 * point,
      );
    }
    return features;
  }

  /** @inheritdoc */
  reset(): void {
    this.#traces.reset();
    this.#before = undefined;
  }

  /** @inheritdoc */
  snapshot() {
    return {
      before: this.#before === undefined ? undefined : [...this.#before],
      traces: this.#traces.snapshot(),
    };
  }

  /** @inheritdoc */
  restore(snapshot: unknown): void {
    const { before, traces } = snapshot as {
      readonly before?: readonly [number, number];
      readonly traces: ChannelTracesSnapshot;
    };
    this.#before = before;
    this.#traces.restore(traces);
  }
}
