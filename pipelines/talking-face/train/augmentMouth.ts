import { MOUTH_COLUMNS, MOUTH_PIXELS, MOUTH_ROWS } from "../corpus/SpeechClip.ts";
import type { Random } from "./Line.ts";

/** How pictures are varied in training. */
export interface MouthAugmentation {
  /** Largest shift in pixels, up, down and sideways. */
  readonly shift: number;
  /** Largest factor on the contrast, and one over the smallest. */
  readonly contrast: number;
  /** Largest change of brightness, in grey levels. */
  readonly brightness: number;
}

/** Wide enough for a face tracker's jitter and another lamp. */
export const MOUTH_AUGMENTATION: MouthAugmentation = { shift: 2, contrast: 1.3, brightness: 20 };

/**
 * Shifts one clip's pictures by whole pixels (the edge repeated), and changes contrast and brightness.
 *
 * One shift for the whole clip: a shift that changed within it would look like speech.
 *
 * @param mouth [frames, 20, 28] u8
 * @returns A new array of the same shape.
 */
export function augmentMouth(
  mouth: Uint8Array,
  random: Random,
  { shift, contrast, brightness }: MouthAugmentation = MOUTH_AUGMENTATION,
): Uint8Array {
  const draw = (): number => Math.round((2 * random() - 1) * shift);
  const down = draw();
  const right = draw();
  const factor = contrast ** (2 * random() - 1);
  const lift = (2 * random() - 1) * brightness;
  const table = Uint8ClampedArray.from(
    { length: 256 },
    (_, grey) => (grey - 128) * factor + 128 + lift,
  );
  const source = Int32Array.from({ length: MOUTH_PIXELS }, (_, pixel) => {
    const row = clamp(Math.floor(pixel / MOUTH_COLUMNS) - down, MOUTH_ROWS - 1);
    return row * MOUTH_COLUMNS + clamp((pixel % MOUTH_COLUMNS) - right, MOUTH_COLUMNS - 1);
  });
  const out = new Uint8Array(mouth.length);
  for (let start = 0; start < mouth.length; start += MOUTH_PIXELS)
    for (let pixel = 0; pixel < MOUTH_PIXELS; pixel++)
      out[start + pixel] = table[mouth[start + (source[pixel] ?? 0)] ?? 0] ?? 0;
  return out;
}

function clamp(value: number, highest: number): number {
  return value < 0 ? 0 : value > highest ? highest : value;
}
