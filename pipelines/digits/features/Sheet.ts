import { type Cell, type FeatureExtractor, type Micros, ShapeError } from "../../../src/index.ts";

/** Side of the square pictures. */
export const SIDE = 28;

/** A sheet of paper: its ink in [0, 1], row by row, 784 numbers. */
export class Sheet implements FeatureExtractor {
  readonly size = SIDE * SIDE;
  readonly view = new Uint8Array(SIDE * SIDE);

  /**
   * @inheritdoc
   * @throws {ShapeError} If the cell is not one picture of 28 × 28.
   */
  push(cell: Cell, _time: Micros): Float32Array | undefined {
    if (cell.presence === "missing") return undefined;
    if (cell.payload.byteLength !== this.size)
      throw new ShapeError("Sheet", `expected ${this.size} pixels, got ${cell.payload.byteLength}`);
    this.view.set(cell.payload);
    return Float32Array.from(cell.payload, (ink) => ink / 255);
  }

  /** @inheritdoc */
  reset(): void {
    this.view.fill(0);
  }

  /** @inheritdoc Nothing but what is shown outlives a row. */
  snapshot() {
    return { view: this.view.slice() };
  }

  /** @inheritdoc */
  restore(snapshot: unknown): void {
    this.view.set((snapshot as { readonly view: Uint8Array }).view);
  }
}
