import {
  ConfigError,
  frameBytes,
  type Label,
  type Micros,
  micros,
  millis,
  Rng,
  type SensedFrame,
  type SensorContext,
  type SensorKind,
  SensorSettings,
} from "../src/sensing.ts";
import { ClipArrays } from "./clips/ClipArrays.ts";
import { clipLine, type LinePlace, labelsOn, type PlacedClip, placesOn } from "./clips/clipLine.ts";
import { nearestRow, type RaggedClip, rowAt } from "./clips/resample.ts";
import { steadyFrames } from "./streams/steadyFrames.ts";

/** Which part of the UTD-MHAD arrays to stream. */
export interface ActionClipsOptions {
  /** Folder of the arrays. */
  readonly directory: string;
  readonly split: string;
  /** Clips, from the first on. */
  readonly clips: number;
  /** Draws their order and the gaps between them. */
  readonly seed: number;
}

/** Clips and gaps are whole tenths of a second: where the pipeline's rows are. */
const STEP = millis(100);
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
 * Options: see `ActionClipsOptions`. The stream's name says which sensor it gets: `inertial` (f32 [6], g
 * and °/s), `skeleton` (f32 [20,3], metres), `depth` (u8 [60,80]). The set has no times, and the sensors
 * of a clip no common clock: each runs over the clip by fractions, at its stream's own rate.
 */
export const actionClips: SensorKind = {
  name: "actionClips",
  summary: "Streams actions of UTD-MHAD with random gaps.",
  probe: async () => ({ works: true, detail: "needs the UTD-MHAD arrays (--data)" }),
  create(options) {
    const settings = new SensorSettings("actionClips", options);
    const line: ActionClipsOptions = {
      directory: settings.text("directory"),
      split: settings.text("split", "dev"),
      clips: settings.count("clips", 1),
      seed: settings.count("seed", 0, 1),
    };
    settings.end();
    return { pace: "replay", frames: (context) => replay(line, context) };
  },
};

/**
 * What is done on the line that the sensors stream, and how long it is.
 *
 * @param options As for the sensors, save that `clips` may be left out: all of the split.
 * @throws {ConfigError} If the split has fewer clips than asked for.
 * @throws {ModelError} If the arrays are not there.
 */
export async function actionTruth(
  options: Omit<ActionClipsOptions, "clips"> & { readonly clips?: number },
): Promise<{
  readonly duration: Micros;
  readonly labels: readonly Label[];
  readonly clips: number;
}> {
  const arrays = new ClipArrays(options.directory, options.split);
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
  { clips: count, seed }: Pick<ActionClipsOptions, "clips" | "seed">,
): { readonly clips: readonly PlacedClip[]; readonly length: Micros } {
  return clipLine({ lengths, count, gap: [millis(500), millis(2_000)], step: STEP, seed });
}

async function* replay(
  { directory, split, clips: count, seed }: ActionClipsOptions,
  context: SensorContext,
): AsyncGenerator<SensedFrame> {
  const { stream } = context.description;
  const arrays = new ClipArrays(directory, split);
  const { clips, length } = layClips(await clipLengths(arrays), { clips: count, seed });
  const frameAt = await readerOf(arrays, context, Rng.fromSeed(seed).fork(stream));
  const begin = () => {
    const placeAt = placesOn(clips, length);
    return (at: number) => frameAt(placeAt(at));
  };
  yield* steadyFrames({ kind: "actionClips", length, begin }, context);
}

/** Loads what one stream needs, and nothing else. */
async function readerOf(
  arrays: ClipArrays,
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
  const clipsOf = async (content: string, row: readonly number[]): Promise<ClipOf> => {
    const { data } = await arrays.read(content, row);
    const offsets = (await arrays.read(`${content}_offsets`)).data;
    const width = row.reduce((product, size) => product * size, 1);
    return (clip) => ({ data, from: offsets[clip] ?? 0, to: offsets[clip + 1] ?? 0, width });
  };
  switch (stream) {
    case "inertial": {
      expect("f32", 24);
      const clips = await clipsOf(stream, [6]);
      const rest = (i: number): number => (i < 3 ? REST_G : REST_TURN);
      return (place) =>
        bytesOf(posture(clips, place, (value, i) => value * (SCALES[i] ?? 0), rest, rng));
    }
    case "skeleton": {
      expect("f32", 240);
      const clips = await clipsOf(stream, [20, 3]);
      return (place) =>
        bytesOf(
          posture(
            clips,
            place,
            (value) => value * METRES,
            () => REST_M,
            rng,
          ),
        );
    }
    case "depth": {
      expect("u8", 4_800);
      const clips = await clipsOf(stream, [60, 80]);
      return (place) => pictureAt(clips, place);
    }
    default:
      throw new ConfigError(
        `stream ${stream}`,
        "expected inertial, skeleton or depth for actionClips",
      );
  }
}

type ClipOf = (clip: number) => RaggedClip;

/** Numbers of a clip; between two clips a straight way from the one's end to the other's start. */
function posture(
  clips: ClipOf,
  place: LinePlace,
  scale: (value: number, index: number) => number,
  rest: (index: number) => number,
  rng: Rng,
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
