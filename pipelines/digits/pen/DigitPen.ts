import {
  type ConvertedFrame,
  type Micros,
  micros,
  millis,
  type PenSample,
  penSampleOf,
  type SenseConverter,
  type SensedFrame,
  seconds,
} from "../../../src/index.ts";
import { SIDE } from "../features/Sheet.ts";
import { fitted, inkOf, type Point, pathOf, type Stroke } from "./layOut.ts";

/** Time between two points of the tablet, and between two pictures. */
const [POINT, PICTURE] = [millis(10), millis(40)] as const;
/** How long the model learnt a digit to take, and what at least lies between two. */
const [LENGTH, GAP] = [millis(800), millis(240)] as const;
const POINTS = LENGTH / POINT;
/** Without a sample for so long, nothing is known of the pen: what was being written is written anew. */
const PATIENCE = seconds(1);
/** Drawings that wait to be written. */
const MOST_WAITING = 4;
/** Of the sheet: what is smaller is a touch by accident; nearer points are one. */
const [SMALLEST, NEAREST] = [0.03, 0.002] as const;
/** Points of a drawing: more than a digit ever has. */
const MOST_POINTS = 1_024;

/** A finished drawing in the model's form. */
interface Written {
  /** It, in the unit square. */
  readonly strokes: readonly Stroke[];
  /** [81, 3]: x, y, pen. */
  readonly path: Uint8Array;
  readonly ink: Uint8Array;
}

/**
 * A person's pen as the tablet and the camera that the model knows.
 *
 * What is drawn on a sheet is taken when the sheet is changed; it then fills the square and is written within
 * 0.8 s at one speed, whatever size, place and pace it had, and its picture is there as long: the model learnt from
 * the MHD set, whose digits are laid out so. Before and after, the pen is up and the sheet blank.
 */
export class DigitPen implements SenseConverter {
  #next: Micros | undefined;
  #sheet: number | undefined;
  #strokes: Point[][] = [];
  #points = 0;
  #isDown = false;
  readonly #waiting: (readonly Stroke[])[] = [];
  #writing: { readonly drawing: Written; readonly from: Micros } | undefined;

  /** @inheritdoc */
  push({ originTime, payload }: SensedFrame): readonly ConvertedFrame[] {
    const sample = penSampleOf(payload);
    this.#take(sample);
    // The tablet speaks at times of its own.
    let next = this.#next ?? originTime;
    if (originTime - next > PATIENCE) {
      next = originTime;
      this.#writeAnew();
    }
    if (next === originTime) next = micros(Math.ceil(next / POINT) * POINT);
    const frames: ConvertedFrame[] = [];
    for (; next <= originTime; next = micros(next + POINT)) frames.push(...this.#framesAt(next));
    this.#next = next;
    return frames;
  }

  #take({ x, y, isDown, sheet }: PenSample): void {
    if (sheet !== this.#sheet) this.#finish();
    this.#sheet = sheet;
    const hasRoom = this.#points < MOST_POINTS;
    if (isDown && !this.#isDown && hasRoom) this.#strokes.push([]);
    const stroke = this.#strokes.at(-1);
    const [u, v] = stroke?.at(-1) ?? [Infinity, Infinity];
    if (isDown && hasRoom && Math.hypot(x - u, y - v) >= NEAREST) {
      stroke?.push([x, y]);
      this.#points++;
    }
    this.#isDown = isDown;
  }

  #finish(): void {
    const strokes = fitted(this.#strokes, SMALLEST);
    this.#strokes = [];
    this.#points = 0;
    this.#isDown = false;
    if (strokes === undefined) return;
    this.#waiting.push(strokes);
    if (this.#waiting.length > MOST_WAITING) this.#waiting.shift();
  }

  #writeAnew(): void {
    const { drawing, from = 0 } = this.#writing ?? {};
    const isOut = (this.#next ?? 0) >= from + LENGTH;
    if (drawing !== undefined && !isOut) this.#waiting.unshift(drawing.strokes);
    this.#writing = undefined;
  }

  #framesAt(time: Micros): ConvertedFrame[] {
    const before = this.#writing;
    if (before === undefined || time >= before.from + LENGTH + GAP) {
      const strokes = this.#waiting.shift();
      this.#writing = strokes && { drawing: laidOut(strokes), from: time };
    }
    const { drawing, from = 0 } = this.#writing ?? {};
    const point = Math.round((time - from) / POINT);
    const written = point < POINTS ? drawing : undefined;
    const frames: ConvertedFrame[] = [
      {
        stream: "strokes",
        originTime: time,
        payload: written?.path.slice(3 * point, 3 * point + 3) ?? new Uint8Array(3),
      },
    ];
    if (time % PICTURE === 0)
      frames.push({
        stream: "picture",
        originTime: time,
        payload: written?.ink ?? new Uint8Array(SIDE * SIDE),
      });
    return frames;
  }
}

function laidOut(strokes: readonly Stroke[]): Written {
  return { strokes, path: pathOf(strokes, POINTS + 1), ink: inkOf(strokes) };
}
