import { clipLine, labelsOn } from "../../../sensors/clips/clipLine.ts";
import { type ClipLine, type ClipStream, clipSensor } from "../../../sensors/clips/clipSensor.ts";
import { overLine } from "../../../sensors/speech/overLine.ts";
import { SPOKEN_RATE, say } from "../../../sensors/speech/say.ts";
import { drawVoice } from "../../../sensors/speech/Voice.ts";
import { type Label, type Micros, millis, Rng, type SensorKind } from "../../../src/sensing.ts";
import { handwritten, inkOf, pathOf } from "./strokes.ts";
import { spoken } from "./voice.ts";

/** Who says the digits: two resonances by rule, or the speech synthesisers of this machine. */
export type DrawnVoices = "rule" | "synthesisers";

interface DrawnDigitsOptions {
  readonly digits: number;
  readonly seed: number;
  readonly voices: DrawnVoices;
}

const LENGTH = millis(800);
/** Digits begin on multiples of this, which is finer than rows: nobody writes in time with a pipeline. */
const STEP = millis(10);
const GAP = [millis(240), millis(960)] as const;
const POINTS = 80;
const LOUD = 9_000;
/** Loudest samples of those who are not said by rule, as powers of ten, and seconds before they begin. */
const LOUDNESS = [3.3, 4.4] as const;
const LATEST = 0.05;
const DIGITS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
const HISS = 4;

/**
 * Digits written and said by rule, as tablet, two sheets and microphone have them.
 *
 * Options: `digits`, how many; `seed`, of which and how; `voices`, `rule` unless it says `synthesisers`: then
 * each digit is said by somebody else, over another line, by flite or espeak-ng. No person wrote or spoke.
 *
 * Its speech throws a `ConfigError` where a synthesiser is to speak that is not installed.
 */
export const drawnDigits: SensorKind = clipSensor({
  name: "drawnDigits",
  summary: "Digits written and said by rule.",
  needs: "needs nothing",
  options: (settings): DrawnDigitsOptions => ({
    digits: settings.count("digits", 1),
    seed: settings.count("seed", 0, 1),
    voices: settings.choice("voices", ["rule", "synthesisers"], "rule"),
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
      open({ options: { seed, voices }, rng }) {
        const said = voices === "rule" ? byRule : synthesised;
        const sound = lastOf((digit) =>
          said(digit % 10, Rng.fromSeed(seed).fork(`voice ${digit}`)),
        );
        return (place) => {
          const first = Math.round(
            (("clip" in place ? place.progress : 0) * LENGTH * SPOKEN_RATE) / 1e6,
          );
          const now = "clip" in place ? sound(place.clip) : undefined;
          const block = Int16Array.from({ length: 160 }, (_, i) =>
            Math.round((now?.[first + i] ?? 0) + rng.normal(0, HISS)),
          );
          return new Uint8Array(block.buffer);
        };
      },
    },
  },
});

/** Which digits there are, and how long the line is. */
export function drawnDigitTruth(options: Omit<DrawnDigitsOptions, "voices">): {
  readonly duration: Micros;
  readonly labels: readonly Label[];
} {
  const { clips, length } = lineOf(options);
  return {
    duration: length,
    labels: labelsOn(clips, "digit", (clip) => String(clip % 10)),
  };
}

function lineOf({ digits, seed }: Omit<DrawnDigitsOptions, "voices">): ClipLine {
  const lengths = new Array<Micros>(digits).fill(LENGTH);
  return clipLine({ lengths, count: digits, gap: GAP, step: STEP, seed });
}

/** A digit as two resonances say it, in units of 16-bit PCM. */
function byRule(digit: number, rng: Rng): Float32Array {
  return spoken(digit, rng).map((value) => LOUD * value);
}

/** A digit as somebody says it somewhere, soon after it is to be said. */
function synthesised(digit: number, rng: Rng): Float32Array {
  const heard = overLine(say(DIGITS[digit] ?? "", drawVoice(rng)), rng);
  const loud = 10 ** rng.uniform(...LOUDNESS);
  const pause = Math.round(SPOKEN_RATE * rng.uniform(0, LATEST));
  const sound = new Float32Array(pause + heard.length);
  sound.set(
    heard.map((value) => loud * value),
    pause,
  );
  return sound;
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
