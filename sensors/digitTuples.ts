import { type Micros, millis, type SensorKind } from "../src/sensing.ts";
import { ClipArrays } from "./clips/ClipArrays.ts";
import { clipLine, labelsOn } from "./clips/clipLine.ts";
import { type ClipLine, type ClipStream, clipSensor } from "./clips/clipSensor.ts";
import {
  type ClipSetOptions,
  type ClipSetRequest,
  type ClipTruth,
  clipSetOptions,
} from "./clips/clipSet.ts";
import { rowAt } from "./clips/resample.ts";

/** A digit is written, shown and said within this time; what is said later is cut off. */
const LENGTH = millis(800);
/** Digits begin on multiples of this, which is finer than rows: nobody writes in time with a pipeline. */
const STEP = millis(10);
const GAP = [millis(240), millis(640)] as const;
/** Points of a pen's path, each x, y and whether the pen is down. */
const [POINTS, PEN] = [100, 3] as const;
const SIDE = 28;
/** Samples per second of the set's speech; twice as many go out. */
const SAMPLES_PER_MS = 8;
/** The hiss of a quiet line, in steps of 16 bits. */
const HISS = 2;

/** Columns of the set's `pairs`: the digit, and the rows of the arrays that make up a tuple. */
const COLUMN = { pen: 1, scan: 2, speech: 3 } as const;

/**
 * Digits of the MHD set, written, drawn and said at once, as one continuous stream.
 *
 * Options: see `ClipSetOptions`; a clip is a tuple. The stream's name says which sensor it gets: `strokes` (u8 [3]: x, y
 * and pen of a tablet), `picture` (u8 [28,28], what the pen drew), `scan` (u8 [28,28], the digit in another
 * hand), `speech` (i16 [160], 10 ms at 16 kHz). Between digits the pen is up, the sheets are blank and
 * nobody speaks.
 */
export const digitTuples: SensorKind = clipSensor({
  name: "digitTuples",
  summary: "Streams written and spoken digits of the MHD set with random gaps.",
  needs: "needs the MHD arrays (--data)",
  options: clipSetOptions,
  async line(options) {
    const { shape } = await pairsOf(arraysOf(options));
    return layTuples(shape[0] ?? 0, options);
  },
  streams: {
    strokes: {
      dtype: "u8",
      shape: [PEN],
      async open({ options }) {
        const { data } = await arraysOf(options).read("pen_traj", [POINTS, PEN]);
        const rowOf = await rowsOf(options, COLUMN.pen);
        return (place) => {
          if (!("clip" in place)) return new Uint8Array(PEN);
          const from = rowOf(place.clip) * POINTS;
          const path = { data, from, to: from + POINTS, width: PEN };
          const [x = 0, y = 0, pen = 0] = rowAt(path, place.progress);
          // A pen on its way to the next stroke is up, however short the way.
          return Uint8Array.of(Math.round(x), Math.round(y), pen === 0 ? 0 : 255);
        };
      },
    },
    picture: pictures("pen_image", "pen"),
    scan: pictures("mnist_image", "scan"),
    speech: {
      dtype: "i16",
      shape: [160],
      async open({ options, rng }) {
        const arrays = arraysOf(options);
        const { data } = await arrays.read("speech_pcm");
        const offsets = (await arrays.read("speech_offsets")).data;
        const rowOf = await rowsOf(options, COLUMN.speech);
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
      },
    },
  },
});

/**
 * Which digits are on the line that the sensors stream, and how long it is.
 *
 * @param options As for the sensors, save that `clips` may be left out: all of the split.
 * @throws {ConfigError} If the split has fewer tuples than asked for.
 * @throws {ModelError} If the arrays are not there.
 */
export async function digitTruth(options: ClipSetRequest): Promise<ClipTruth> {
  const { data, shape } = await pairsOf(arraysOf(options));
  const count = options.clips ?? shape[0] ?? 0;
  const { clips, length } = layTuples(shape[0] ?? 0, { ...options, clips: count });
  return {
    duration: length,
    clips: count,
    labels: labelsOn(clips, "digit", (clip) => String(data[4 * clip] ?? "")),
  };
}

function arraysOf({ directory, split }: Pick<ClipSetOptions, "directory" | "split">): ClipArrays {
  return new ClipArrays(directory, split);
}

const pairsOf = (arrays: ClipArrays) => arrays.read("pairs", [4]);

/** Which row of an array each tuple has. */
async function rowsOf(options: ClipSetOptions, column: number): Promise<(tuple: number) => number> {
  const { data } = await pairsOf(arraysOf(options));
  return (tuple) => data[4 * tuple + column] ?? 0;
}

function layTuples(
  available: number,
  { clips: count, seed }: Pick<ClipSetOptions, "clips" | "seed">,
): ClipLine {
  const lengths = new Array<Micros>(available).fill(LENGTH);
  return clipLine({ lengths, count, gap: GAP, step: STEP, seed });
}

/** A sheet that is blank between two digits. */
function pictures(content: string, column: keyof typeof COLUMN): ClipStream<ClipSetOptions> {
  return {
    dtype: "u8",
    shape: [SIDE, SIDE],
    async open({ options }) {
      const size = SIDE * SIDE;
      const data = (await arraysOf(options).read(content, [SIDE, SIDE])).data as Uint8Array;
      const rowOf = await rowsOf(options, COLUMN[column]);
      const blank = new Uint8Array(size);
      return (place) => {
        if (!("clip" in place)) return blank;
        const row = rowOf(place.clip);
        return data.subarray(row * size, (row + 1) * size);
      };
    },
  };
}
