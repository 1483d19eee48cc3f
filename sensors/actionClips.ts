import { type Micros, micros, millis, type Rng, type SensorKind } from "../src/sensing.ts";
import { ClipArrays } from "./clips/ClipArrays.ts";
import { clipLine, type LinePlace, labelsOn } from "./clips/clipLine.ts";
import { type ClipLine, clipSensor } from "./clips/clipSensor.ts";
import {
  type ClipSetOptions,
  type ClipSetRequest,
  type ClipTruth,
  clipSetOptions,
} from "./clips/clipSet.ts";
import { nearestRow, type RaggedClip, rowAt } from "./clips/resample.ts";

/** Clips begin on multiples of this, which is finer than rows: nobody moves in time with a pipeline. */
const STEP = millis(10);
/** The inertial sensor's nominal rate, which sets how long a clip is. */
const RATE = 50;
/** g and degrees per second of one step of the array. */
const SCALES = [0.0005, 0.0005, 0.0005, 0.05, 0.05, 0.05] as const;
const METRES = 0.0005;
/** What a body at rest still gives: g, °/s, m. */
const [REST_G, REST_TURN, REST_M] = [0.01, 2, 0.002] as const;

/**
 * Actions of UTD-MHAD (Chen et al. 2015) as one continuous stream: between two clips the body comes over
 * from the last posture of the one to the first of the next.
 *
 * Options: see `ClipSetOptions`. The stream's name says which sensor it gets: `inertial` (f32 [6], g
 * and °/s), `skeleton` (f32 [20,3], metres), `depth` (u8 [60,80]). The set has no times, and the sensors
 * of a clip no common clock: each runs over the clip by fractions, at its stream's own rate.
 */
export const actionClips: SensorKind = clipSensor({
  name: "actionClips",
  summary: "Streams actions of UTD-MHAD with random gaps.",
  needs: "needs the UTD-MHAD arrays (--data)",
  options: clipSetOptions,
  line: async (options) => layClips(await clipLengths(arraysOf(options)), options),
  streams: {
    inertial: {
      dtype: "f32",
      shape: [6],
      async open({ options, rng }) {
        const clips = await clipsOf(options, "inertial", [6]);
        const rest = (i: number): number => (i < 3 ? REST_G : REST_TURN);
        const scale = (value: number, i: number): number => value * (SCALES[i] ?? 0);
        return (place) => bytesOf(posture(clips, place, { scale, rest, rng }));
      },
    },
    skeleton: {
      dtype: "f32",
      shape: [20, 3],
      async open({ options, rng }) {
        const clips = await clipsOf(options, "skeleton", [20, 3]);
        const scale = (value: number): number => value * METRES;
        return (place) => bytesOf(posture(clips, place, { scale, rest: () => REST_M, rng }));
      },
    },
    depth: {
      dtype: "u8",
      shape: [60, 80],
      async open({ options }) {
        const clips = await clipsOf(options, "depth", [60, 80]);
        return (place) => pictureAt(clips, place);
      },
    },
  },
});

/**
 * What is done on the line that the sensors stream, and how long it is.
 *
 * @param options As for the sensors, save that `clips` may be left out: all of the split.
 * @throws {ConfigError} If the split has fewer clips than asked for.
 * @throws {ModelError} If the arrays are not there.
 */
export async function actionTruth(options: ClipSetRequest): Promise<ClipTruth> {
  const arrays = arraysOf(options);
  const [names, { data }, available] = await Promise.all([
    arrays.labelNames(),
    arrays.read("label"),
    clipLengths(arrays),
  ]);
  const count = options.clips ?? available.length;
  const { clips, length } = layClips(available, { ...options, clips: count });
  return {
    duration: length,
    clips: count,
    labels: labelsOn(clips, "action", (clip) => names[data[clip] ?? -1] ?? ""),
  };
}

/** Each clip's length by the count of its inertial samples, in whole steps. */
async function clipLengths(arrays: ClipArrays): Promise<readonly Micros[]> {
  const { data } = await arrays.read("inertial_offsets");
  return Array.from({ length: data.length - 1 }, (_, clip) => {
    const samples = (data[clip + 1] ?? 0) - (data[clip] ?? 0);
    return micros(Math.round((samples * 1e6) / RATE / STEP) * STEP);
  });
}

function layClips(
  lengths: readonly Micros[],
  { clips: count, seed }: Pick<ClipSetOptions, "clips" | "seed">,
): ClipLine {
  return clipLine({ lengths, count, gap: [millis(500), millis(2_000)], step: STEP, seed });
}

function arraysOf({ directory, split }: Pick<ClipSetOptions, "directory" | "split">): ClipArrays {
  return new ClipArrays(directory, split);
}

/** The clips of one of the set's sensors. */
async function clipsOf(
  options: ClipSetOptions,
  content: string,
  row: readonly number[],
): Promise<ClipOf> {
  const arrays = arraysOf(options);
  const { data } = await arrays.read(content, row);
  const offsets = (await arrays.read(`${content}_offsets`)).data;
  const width = row.reduce((product, size) => product * size, 1);
  return (clip) => ({ data, from: offsets[clip] ?? 0, to: offsets[clip + 1] ?? 0, width });
}

type ClipOf = (clip: number) => RaggedClip;

/** Numbers of a clip; between two clips a straight way from the one's end to the other's start. */
function posture(
  clips: ClipOf,
  place: LinePlace,
  {
    scale,
    rest,
    rng,
  }: {
    /** To the stream's unit. */
    readonly scale: (value: number, index: number) => number;
    /** Deviation of what a body at rest gives, in that unit. */
    readonly rest: (index: number) => number;
    readonly rng: Rng;
  },
): Float32Array {
  if ("clip" in place) return rowAt(clips(place.clip), place.progress).map(scale);
  const { before, after, progress } = place;
  const end = rowAt(clips(before ?? after ?? 0), before === undefined ? 0 : 1);
  const start = rowAt(clips(after ?? before ?? 0), after === undefined ? 1 : 0);
  return end.map(
    (value, i) =>
      scale((1 - progress) * value + progress * (start[i] ?? 0), i) + rng.normal(0, rest(i)),
  );
}

/** A picture of a clip; between two clips the end of the one, then the start of the other. */
function pictureAt(clips: ClipOf, place: LinePlace): Uint8Array {
  if ("clip" in place) return nearestRow(clips(place.clip), place.progress);
  const { before, after, progress } = place;
  const isPast = before !== undefined && (progress < 0.5 || after === undefined);
  return nearestRow(clips((isPast ? before : after) ?? 0), isPast ? 1 : 0);
}

function bytesOf(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
