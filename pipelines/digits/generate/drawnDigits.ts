import { clipLine, labelsOn, placesOn } from "../../../sensors/clips/clipLine.ts";
import { steadyFrames } from "../../../sensors/streams/steadyFrames.ts";
import {
  ConfigError,
  type Label,
  type Micros,
  millis,
  Rng,
  type SensedFrame,
  type SensorContext,
  type SensorKind,
  SensorSettings,
} from "../../../src/sensing.ts";
import { handwritten, inkOf, pathOf } from "./strokes.ts";
import { spoken } from "./voice.ts";

interface DrawnDigitsOptions {
  readonly digits: number;
  readonly seed: number;
}

const LENGTH = millis(800);
const STEP = millis(80);
const GAP = [millis(240), millis(960)] as const;
const POINTS = 80;
const LOUD = 9_000;
const HISS = 4;

/**
 * Digits written and said by rule, as tablet, two sheets and microphone have them.
 *
 * Options: `digits`, how many; `seed`, of which and how. No person wrote or spoke.
 */
export const drawnDigits: SensorKind = {
  name: "drawnDigits",
  summary: "Digits written and said by rule.",
  probe: async () => ({ works: true, detail: "needs nothing" }),
  create(options) {
    const settings = new SensorSettings("drawnDigits", options);
    const line = { digits: settings.count("digits", 1), seed: settings.count("seed", 0, 1) };
    settings.end();
    return { pace: "replay", frames: (context) => replay(line, context) };
  },
};

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

function lineOf({ digits, seed }: DrawnDigitsOptions) {
  const lengths = new Array<Micros>(digits).fill(LENGTH);
  return clipLine({ lengths, count: digits, gap: GAP, step: STEP, seed });
}

async function* replay(
  options: DrawnDigitsOptions,
  context: SensorContext,
): AsyncGenerator<SensedFrame> {
  const { stream } = context.description;
  const { clips, length } = lineOf(options);
  const noise = Rng.fromSeed(options.seed).fork(stream);
  const payloadAt = payloadOf(stream, options.seed, noise);
  const begin = () => {
    const placeAt = placesOn(clips, length);
    return (at: number) => {
      const place = placeAt(at);
      return "clip" in place ? payloadAt(place.clip, place.progress) : payloadAt();
    };
  };
  yield* steadyFrames({ kind: "drawnDigits", length, begin }, context);
}

/** What a stream's sensor gives of a digit at a fraction of its time; without one, of an empty sheet. */
function payloadOf(
  stream: string,
  seed: number,
  noise: Rng,
): (digit?: number, progress?: number) => Uint8Array {
  // The pen's path and what it drew are the same act of writing; the other sheet is of another hand.
  const hand = (digit: number, whose: string) =>
    handwritten(digit % 10, Rng.fromSeed(seed).fork(`${whose} ${digit}`));
  switch (stream) {
    case "strokes": {
      const path = lastOf((digit) => pathOf(hand(digit, "pen"), POINTS));
      return (digit, progress = 0) =>
        digit === undefined
          ? new Uint8Array(3)
          : path(digit).slice(
              3 * Math.floor(progress * POINTS),
              3 * Math.floor(progress * POINTS) + 3,
            );
    }
    case "picture":
      return sheet(lastOf((digit) => inkOf(hand(digit, "pen"), 1.6)));
    case "scan":
      return sheet(lastOf((digit) => inkOf(hand(digit, "other"), 2.4)));
    case "speech": {
      const sound = lastOf((digit) =>
        spoken(digit % 10, Rng.fromSeed(seed).fork(`voice ${digit}`)),
      );
      return (digit, progress = 0) => {
        const first = Math.round(progress * 0.8 * 16_000);
        const said = digit === undefined ? undefined : sound(digit);
        const block = Int16Array.from({ length: 160 }, (_, i) =>
          Math.round(LOUD * (said?.[first + i] ?? 0) + noise.normal(0, HISS)),
        );
        return new Uint8Array(block.buffer);
      };
    }
    default:
      throw new ConfigError(
        `stream ${stream}`,
        "expected strokes, picture, scan or speech for drawnDigits",
      );
  }
}

function sheet(ink: (digit: number) => Uint8Array): (digit?: number) => Uint8Array {
  const blank = new Uint8Array(28 * 28);
  return (digit) => (digit === undefined ? blank : ink(digit));
}

/** A function that remembers what it gave last: frames of one digit follow each other. */
function lastOf<T>(make: (digit: number) => T): (digit: number) => T {
  let known: { readonly digit: number; readonly made: T } | undefined;
  return (digit) => {
    if (known?.digit !== digit) known = { digit, made: make(digit) };
    return known.made;
  };
}
