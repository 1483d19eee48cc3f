import {
  ConfigError,
  type DType,
  frameBytes,
  type Micros,
  Rng,
  type SensedFrame,
  type SensorContext,
  type SensorKind,
  SensorSettings,
} from "../../src/sensing.ts";
import { steadyFrames } from "../streams/steadyFrames.ts";
import { type LinePlace, type PlacedClip, placesOn } from "./clipLine.ts";

/** Clips on one line, and how long it is. */
export interface ClipLine {
  readonly clips: readonly PlacedClip[];
  readonly length: Micros;
}

/** Gives a frame of an instant of a line: where it lies, and µs from the start. Borrowed until the next. */
export type FrameAt = (place: LinePlace, at: number) => Uint8Array;

/** What one stream of a line is made from. */
export interface ClipSource<O> {
  readonly options: O;
  readonly line: ClipLine;
  /** The stream's own. */
  readonly rng: Rng;
}

/** One stream that can be had of a line. */
export interface ClipStream<O> {
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** Loads what this stream needs, and nothing else. */
  open(source: ClipSource<O>): FrameAt | Promise<FrameAt>;
}

/** What makes a sensor of clips different from others. */
export interface ClipSensorPlan<O> {
  readonly name: string;
  readonly summary: string;
  /** What it needs, for people. */
  readonly needs: string;
  /** Reads what it is told. */
  readonly options: (settings: SensorSettings) => O;
  /** Lays the line: a pure function of the options, for each stream's process does it for itself. */
  readonly line: (options: O) => ClipLine | Promise<ClipLine>;
  /** By the stream's name. */
  readonly streams: Readonly<Record<string, ClipStream<O>>>;
}

/**
 * A kind of sensor that streams clips, of a data set or made by rule, one after the other with gaps: each of its
 * streams at the stream's own rate.
 *
 * Its frames throw a `ConfigError` for a stream that it does not have, or that is of another dtype or shape.
 */
export function clipSensor<O extends { readonly seed: number }>(
  plan: ClipSensorPlan<O>,
): SensorKind {
  const { name, summary, needs } = plan;
  return {
    name,
    summary,
    probe: async () => ({ works: true, detail: needs }),
    create(told) {
      const settings = new SensorSettings(name, told);
      const options = plan.options(settings);
      settings.end();
      return { pace: "replay", frames: (context) => replay(plan, options, context) };
    },
  };
}

async function* replay<O extends { readonly seed: number }>(
  { name, line: lay, streams }: ClipSensorPlan<O>,
  options: O,
  context: SensorContext,
): AsyncGenerator<SensedFrame> {
  const { description } = context;
  const { stream, dtype, shape } = description;
  const { [stream]: made } = streams;
  if (made === undefined)
    throw new ConfigError(
      `stream ${stream}`,
      `expected one of ${Object.keys(streams).join(", ")} of ${name}`,
    );
  if (dtype !== made.dtype || frameBytes(description) !== frameBytes(made))
    throw new ConfigError(
      `stream ${stream}`,
      `expected ${made.dtype} [${made.shape}] of ${name}, got ${dtype} [${shape}]`,
    );
  const line = await lay(options);
  const rng = Rng.fromSeed(options.seed).fork(stream);
  const frameAt = await made.open({ options, line, rng });
  const begin = () => {
    const placeAt = placesOn(line.clips, line.length);
    return (at: number) => frameAt(placeAt(at), at);
  };
  yield* steadyFrames({ kind: name, length: line.length, begin }, context);
}
