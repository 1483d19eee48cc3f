import { WireError } from "../errors.ts";
import { borrowNumbers } from "../frames/DType.ts";
import type { SenseForm } from "./PageSense.ts";

/**
 * The form in which a page gives its pen: a sample whenever it moves, and at least every 40 ms.
 *
 * x and y are fractions of the sheet's longer side, right and down from its top left corner; pen is 1 on the
 * paper, else 0; sheet counts up: what was drawn on the one before is finished.
 */
export const PEN_FORM: SenseForm = {
  modality: "sensor",
  dtype: "f32",
  shape: [4],
  rate: "irregular",
  unit: "x, y, pen, sheet",
};

/** Where a pen is. */
export interface PenSample {
  /** Right and down from the sheet's top left corner, in fractions of its longer side. */
  readonly x: number;
  readonly y: number;
  readonly isDown: boolean;
  readonly sheet: number;
}

/**
 * Reads a sample of a page's pen.
 *
 * @param payload In `PEN_FORM`. Borrowed.
 * @throws {WireError} If it is not four finite numbers.
 */
export function penSampleOf(payload: Uint8Array): PenSample {
  const [x, y, pen, sheet, ...further] = borrowNumbers(payload, "f32");
  const values = [x, y, pen, sheet];
  if (!values.every(Number.isFinite) || further.length > 0)
    throw new WireError(
      "pen",
      "payload",
      `expected 4 finite numbers, got ${[...values, ...further]}`,
    );
  return { x: x ?? 0, y: y ?? 0, isDown: (pen ?? 0) > 0, sheet: sheet ?? 0 };
}
