import {
  ConfigError,
  frameBytes,
  type Label,
  type Micros,
  millis,
  Rng,
  type SensedFrame,
  type SensorContext,
  type SensorKind,
  SensorSettings,
} from "../src/sensing.ts";
import { ClipArrays } from "./clips/ClipArrays.ts";
import { clipLine, type LinePlace, labelsOn, type PlacedClip, placesOn } from "./clips/clipLine.ts";
import { rowAt } from "./clips/resample.ts";
import { steadyFrames } from "./streams/steadyFrames.ts";

/** Which part of the MHD arrays to stream. */
export interface DigitTuplesOptions {
  /** Folder of the arrays. */
  readonly directory: string;
  readonly split: string;
  /** Tuples, from the first on. */
  readonly tuples: number;
  /** Draws their order and the gaps between them. */
  readonly seed: number;
}

/** A digit is written, shown and said within this time; what is said later is cut off. */
const LENGTH = millis(800);
/** Digits begin on multiples of this: where the pipeline's rows are. */
const STEP = millis(80);
const GAP = [millis(240), millis(640)] as const;
/** Points of a pen's path, each x, y and whether the pen is down. */
const [POINTS, PEN] = [100, 3] as const;
const SIDE = 28;
/** Samples per second of the set's speech; twice as many go out. */
const SAMPLES_PER_MS = 8;
/** The hiss of a quiet line, in steps of 16 bits. */
const HISS = 2;

/** Columns of the set's `pairs`: the digit, and the rows of the arrays that make up a tuple. */
const COLUMN = { strokes: 1, picture: 1, scan: 2, speech: 3 } as const;

/**
 * Digits of the MHD set, written, drawn and said at once, as one continuous stream.
 *
 * Options: see `DigitTuplesOptions`. The stream's name says which sensor it gets: `strokes` (u8 [3]: x, y
 * and pen of a tablet), `picture` (u8 [28,28], what the pen drew), `scan` (u8 [28,28], the digit in another
 * hand), `speech` (i16 [160], 10 ms at 16 kHz). Between digits the pen is up, the sheets are blank and
 * nobody speaks.
 */
export const digitTuples: SensorKind = {
  name: "digitTuples",
  summary: "Streams written and spoken digits of the MHD set with random gaps.",
  probe: async () => ({ works: true, detail: "needs the MHD arrays (--data)" }),
  create(options) {
    const settings = new SensorSettings("digitTuples", options);
    const line: DigitTuplesOptions = {
      directory: settings.text("directory"),
      split: settings.text("split", "dev"),
      tuples: settings.count("tuples", 1),
      seed: settings.count("seed", 0, 1),
    };
    settings.end();
    return { pace: "replay", frames: (context) => replay(line, context) };
  },
};

/**
 * Which digits are on the line that the sensors stream, and how long it is.
 *
 * @param options As for the sensors, save that `tuples` may be left out: all of the split.
 * @throws {ConfigError} If the split has fewer tuples than asked for.
 * @throws {ModelError} If the arrays are not there.
 */
export async function digitTruth(
  options: Omit<DigitTuplesOptions, "tuples"> & { readonly tuples?: number },
): Promise<{
  readonly duration: Micros;
  readonly labels: readonly Label[];
  readonly tuples: number;
}> {
  const { data, shape } = await pairsOf(new ClipArrays(options.directory, options.split));
  const tuples = options.tuples ?? shape[0] ?? 0;
  const { clips, length } = layTuples(shape[0] ?? 0, tuples, options.seed);
  return {
    duration: length,
    tuples,
    labels: labelsOn(clips, "digit", (clip) => String(data[4 * clip] ?? "")),
  };
}

const pairsOf = (arrays: ClipArrays) => arrays.read("pairs", [4]);

function layTuples(
  available: number,
  count: number,
  seed: number,
): { readonly clips: readonly PlacedClip[]; readonly length: Micros } {
  const lengths = new Array<Micros>(available).fill(LENGTH);
  return clipLine({ lengths, count, gap: GAP, step: STEP, seed });
}

async function* replay(
  { directory, split, tuples, seed }: DigitTuplesOptions,
  context: SensorContext,
): AsyncGenerator<SensedFrame> {
  const { stream } = context.description;
  const arrays = new ClipArrays(directory, split);
  const pairs = await pairsOf(arrays);
  const { clips, length } = layTuples(pairs.shape[0] ?? 0, tuples, seed);
  const rowOf = (tuple: number): number =>
    pairs.data[4 * tuple + COLUMN[stream as keyof typeof COLUMN]] ?? 0;
  const frameAt = await readerOf(arrays, rowOf, context, Rng.fromSeed(seed).fork(stream));
  const begin = () => {
    const placeAt = placesOn(clips, length);
    return (at: number) => frameAt(placeAt(at));
  };
  yield* steadyFrames({ kind: "digitTuples", length, begin }, context);
}

/** Loads what one stream needs, and nothing else. */
async function readerOf(
  arrays: ClipArrays,
  rowOf: (tuple: number) => number,
  { description }: SensorContext,
  rng: Rng,
): Promise<(place: LinePlace) => Uint8Array> {
  const { stream } = description;
  const expect = (dtype: string, bytes: number): void => {
    if (description.dtype !== dtype || frameBytes(description) !== bytes)
      throw new ConfigError(
        `stream ${stream}`,
        `expected ${dtype} frames of ${bytes} bytes, got ${description.dtype} [${description.shape}]`,
      );
  };
  switch (stream) {
    case "strokes": {
      expect("u8", PEN);
      const { data } = await arrays.read("pen_traj", [POINTS, PEN]);
      return (place) => {
        if (!("clip" in place)) return new Uint8Array(PEN);
        const from = rowOf(place.clip) * POINTS;
        const path = { data, from, to: from + POINTS, width: PEN };
        const [x = 0, y = 0, pen = 0] = rowAt(path, place.progress);
        // A pen on its way to the next stroke is up, however short the way.
        return Uint8Array.of(Math.round(x), Math.round(y), pen === 0 ? 0 : 255);
      };
    }
    case "picture":
      expect("u8", SIDE * SIDE);
      return pictures((await arrays.read("pen_image", [SIDE, SIDE])).data as Uint8Array, rowOf);
    case "scan":
      expect("u8", SIDE * SIDE);
      return pictures((await arrays.read("mnist_image", [SIDE, SIDE])).data as Uint8Array, rowOf);
    case "speech": {
      expect("i16", 320);
      const { data } = await arrays.read("speech_pcm");
      const offsets = (await arrays.read("speech_offsets")).data;
      return (place) => {
        const block = new Int16Array(160);
        const sound = "clip" in place ? rowOf(place.clip) : undefined;
        const first = offsets[sound ?? 0] ?? 0;
        const end = sound === undefined ? 0 : (offsets[sound + 1] ?? 0);
        const ms = "clip" in place ? (place.progress * LENGTH) / 1_000 : 0;
        const start = first + Math.round(ms * SAMPLES_PER_MS);
        for (let i = 0; i < block.length; i++) {
          const [at, next] = [start + (i >> 1), start + ((i + 1) >> 1)];
          const value = next < end ? ((data[at] ?? 0) + (data[next] ?? 0)) / 2 : 0;
          block[i] = Math.max(-32_768, Math.min(32_767, Math.round(value + rng.normal(0, HISS))));
        }
        return new Uint8Array(block.buffer);
      };
    }
    default:
      throw new ConfigError(
        `stream ${stream}`,
        "expected strokes, picture, scan or speech for digitTuples",
      );
  }
}

/** A sheet that is blank between two digits. */
function pictures(
  data: Uint8Array,
  rowOf: (tuple: number) => number,
): (place: LinePlace) => Uint8Array {
  const size = SIDE * SIDE;
  const blank = new Uint8Array(size);
  return (place) => {
    if (!("clip" in place)) return blank;
    const row = rowOf(place.clip);
    return data.subarray(row * size, (row + 1) * size);
  };
}
