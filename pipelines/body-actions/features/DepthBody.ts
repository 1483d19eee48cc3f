import { type Cell, type FeatureExtractor, type Micros, ShapeError } from "../../../src/index.ts";

/** Size of a depth picture. */
const [HEIGHT, WIDTH] = [60, 80] as const;
/** Side of the square blocks that are averaged. */
const BLOCK = 4;
/** Size of the pictures given out; the top row is above the source's. */
export const BODY_ROWS = 16;
export const BODY_COLUMNS = 14;
export const BODY_CHANNELS = 4;
const PIXELS = BODY_ROWS * BODY_COLUMNS;
/** Columns of the source under the window that follows the person. */
const WINDOW = BODY_COLUMNS * BLOCK;
/** Distance that counts as 1, in the source's steps of 8 mm: 0.5 m. */
const RANGE = 500 / 8;
/** Share of a new picture in where the person is: 1 s of rows at 10 Hz. */
const FOLLOW_SHARE = 0.1;

/**
 * A depth picture as a small one of the person, with what changed.
 *
 * A window of 60 × 56 source pixels follows the columns and the distance that the person has on a running
 * mean; 4 × 4 blocks are averaged over those of their pixels that have a reading. Channels: distance to
 * that mean (in half metres, nearer is positive, 0 without a reading, within ±2), share of the block that
 * has a reading, and the changes of both since the row before; after a missing row nothing has changed.
 *
 * One row is [4, 16, 14], flat: 896 numbers.
 */
export class DepthBody implements FeatureExtractor {
  readonly size = BODY_CHANNELS * PIXELS;
  readonly view = new Uint8Array(PIXELS);
  readonly #period: Micros;
  #before: Float32Array | undefined;
  #beforeAt = Number.NaN;
  #centre: number | undefined;
  #distance = 0;

  /** @param period Time from one row to the next, in µs. */
  constructor(period: Micros) {
    this.#period = period;
  }

  /**
   * @inheritdoc
   * @throws {ShapeError} If the cell is not one picture of 60 × 80.
   */
  push(cell: Cell, time: Micros): Float32Array | undefined {
    if (cell.presence === "missing") return undefined;
    const frame = cell.payload;
    if (frame.byteLength !== HEIGHT * WIDTH)
      throw new ShapeError("DepthBody", `expected ${HEIGHT} x ${WIDTH}, got ${frame.byteLength}`);
    this.#follow(frame);
    const features = new Float32Array(this.size);
    this.#draw(frame, features);
    const before = this.#beforeAt === time - this.#period ? this.#before : undefined;
    if (before !== undefined)
      for (let i = 0; i < 2 * PIXELS; i++)
        features[2 * PIXELS + i] = (features[i] ?? 0) - (before[i] ?? 0);
    this.#before = features.slice(0, 2 * PIXELS);
    this.#beforeAt = time;
    for (let i = 0; i < PIXELS; i++)
      this.view[i] = (features[PIXELS + i] ?? 0) * (127 + 60 * (features[i] ?? 0));
    return features;
  }

  /** @inheritdoc */
  reset(): void {
    this.#before = undefined;
    this.#beforeAt = Number.NaN;
    this.#centre = undefined;
    this.#distance = 0;
    this.view.fill(0);
  }

  /** @inheritdoc */
  snapshot() {
    return {
      before: this.#before?.slice(),
      beforeAt: this.#beforeAt,
      centre: this.#centre,
      distance: this.#distance,
      view: this.view.slice(),
    };
  }

  /** @inheritdoc */
  restore(snapshot: unknown): void {
    const known = snapshot as ReturnType<DepthBody["snapshot"]>;
    this.#before = known.before;
    this.#beforeAt = known.beforeAt;
    this.#centre = known.centre;
    this.#distance = known.distance;
    this.view.set(known.view);
  }

  #follow(frame: Uint8Array): void {
    let [columns, distances, readings] = [0, 0, 0];
    for (let i = 0; i < frame.length; i++) {
      const value = frame[i] ?? 0;
      if (value === 0) continue;
      columns += i % WIDTH;
      distances += value;
      readings++;
    }
    if (readings === 0) return;
    const [column, distance] = [columns / readings, distances / readings];
    const share = this.#centre === undefined ? 1 : FOLLOW_SHARE;
    const centre = this.#centre ?? column;
    this.#centre = centre + share * (column - centre);
    this.#distance += share * (distance - this.#distance);
  }

  #draw(frame: Uint8Array, features: Float32Array): void {
    const middle = Math.round((this.#centre ?? WIDTH / 2) - WINDOW / 2);
    const left = Math.min(Math.max(middle, 0), WIDTH - WINDOW);
    // The source is one block of rows shorter than the picture.
    for (let row = 1; row < BODY_ROWS; row++)
      for (let column = 0; column < BODY_COLUMNS; column++) {
        let [sum, readings] = [0, 0];
        for (let y = 0; y < BLOCK; y++)
          for (let x = 0; x < BLOCK; x++) {
            const value = frame[((row - 1) * BLOCK + y) * WIDTH + left + column * BLOCK + x] ?? 0;
            if (value === 0) continue;
            sum += (this.#distance - value) / RANGE;
            readings++;
          }
        const at = row * BODY_COLUMNS + column;
        features[at] = readings === 0 ? 0 : Math.min(Math.max(sum / readings, -2), 2);
        features[PIXELS + at] = readings / BLOCK ** 2;
      }
  }
}
