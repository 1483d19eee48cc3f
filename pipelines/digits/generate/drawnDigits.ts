import { clipLine, labelsOn } from "../../../sensors/clips/clipLine.ts";
import { type ClipLine, type ClipStream, clipSensor } from "../../../sensors/clips/clipSensor.ts";
import { type Label, type Micros, millis, Rng, type SensorKind } from "../../../src/sensing.ts";
import { handwritten, inkOf, pathOf } from "./strokes.ts";
import { spoken } from "./voice.ts";

interface DrawnDigitsOptions {
  readonly digits: number;
  readonly seed: number;
}

const LENGTH = millis(800);
/** Digits begin on multiples of this, which is finer than rows: nobody writes in time with a pipeline. */
const STEP = millis(10);
const GAP = [millis(240), millis(960)] as const;
const POINTS = 80;
const LOUD = 9_000;
const HISS = 4;

/**
 * Digits written and said by rule, as tablet, two sheets and microphone have them.
 *
 * Options: `digits`, how many; `seed`, of which and how. No person wrote or spoke.
 */
export const drawnDigits: SensorKind = clipSensor({
  name: "drawnDigits",
  summary: "Digits written and said by rule.",
  needs: "needs nothing",
  options: (settings): DrawnDigitsOptions => ({
    digits: settings.count("digits", 1),
    seed: settings.count("seed", 0, 1),
  }),
  line: lineOf,
  streams: {
    strokes: {
      dtype: "u8",
      shape: [3],
      open({ options: { seed } }) {
        const path = lastOf((digit) => pathOf(handOf(seed, "pen", digit), POINTS));
        return (place) => {
          if (!("clip" in place)) return new Uint8Array(3);
          const point = 3 * Math.floor(place.progress * POINTS);
          return path(place.clip).slice(point, point + 3);
        };
      },
    },
    // The pen's path and what it drew are the same act of writing; the other sheet is of another hand.
    picture: sheet("pen", 1.6),
    scan: sheet("other", 2.4),
    speech: {
      dtype: "i16",
      shape: [160],
      open({ options: { seed }, rng }) {
        const sound = lastOf((digit) =>
          spoken(digit % 10, Rng.fromSeed(seed).fork(`voice ${digit}`)),
        );
        return (place) => {
          const first = Math.round(("clip" in place ? place.progress : 0) * 0.8 * 16_000);
          const said = "clip" in place ? sound(place.clip) : undefined;
          const block = Int16Array.from({ length: 160 }, (_, i) =>
            Math.round(LOUD * (said?.[first + i] ?? 0) + rng.normal(0, HISS)),
          );
          return new Uint8Array(block.buffer);
        };
      },
    },
  },
});

/** Which digits there are, and how long the line is. */
export function drawnDigitTruth(options: DrawnDigitsOptions): {
  readonly duration: Micros;
  readonly labels: readonly Label[];
} {
  const { clips, length } = lineOf(options);
  return {
    duration: length,
    labels: labelsOn(clips, "digit", (clip) => String(clip % 10)),
  };
}

function lineOf({ digits, seed }: DrawnDigitsOptions): ClipLine {
  const lengths = new Array<Micros>(digits).fill(LENGTH);
  return clipLine({ lengths, count: digits, gap: GAP, step: STEP, seed });
}

/** A digit's strokes by one of the hands. */
function handOf(seed: number, whose: string, digit: number): ReturnType<typeof handwritten> {
  return handwritten(digit % 10, Rng.fromSeed(seed).fork(`${whose} ${digit}`));
}

/** A sheet that is blank between two digits. @param width Of its pen, in pixels. */
function sheet(whose: string, width: number): ClipStream<DrawnDigitsOptions> {
  return {
    dtype: "u8",
    shape: [28, 28],
    open({ options: { seed } }) {
      const blank = new Uint8Array(28 * 28);
      const ink = lastOf((digit) => inkOf(handOf(seed, whose, digit), width));
      return (place) => ("clip" in place ? ink(place.clip) : blank);
    },
  };
}

/** A function that remembers what it gave last: frames of one digit follow each other. */
function lastOf<T>(make: (digit: number) => T): (digit: number) => T {
  let known: { readonly digit: number; readonly made: T } | undefined;
  return (digit) => {
    if (known?.digit !== digit) known = { digit, made: make(digit) };
    return known.made;
  };
}
