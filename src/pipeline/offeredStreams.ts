import { ConfigError } from "../errors.ts";
import type { Modality } from "../frames/Modality.ts";
import type { StreamDescription } from "../frames/StreamDescription.ts";
import type { SensorPlan } from "./Feed.ts";
import { freeName } from "./freeName.ts";
import { loadSensorKind } from "./loadSensorKind.ts";
import type { SensorSpec } from "./parseSensorSpec.ts";
import type { StreamOffer } from "./Sensor.ts";
import { wantedStream } from "./wantedStream.ts";

/** One stream and the sensor that gives it. */
export interface OfferedStream {
  readonly description: StreamDescription;
  readonly plan: SensorPlan;
  /** Whether it is a replay, which ends by itself. */
  readonly ends: boolean;
}

/** Where the streams of sensors are to fit in. */
export interface OfferOptions {
  /** Folder with the project's sensors. */
  readonly sensors: string;
  readonly site: string;
  /**
   * The streams of a pipeline: each sensor then gives one of these, the one that it names, or the only one
   * of its modality; tracks that fit none are left out.
   */
  readonly into?: readonly StreamDescription[];
}

/**
 * What streams these sensors give, and how to start each: for a person who says no more than
 * `microphone` or `file:film.mp4`.
 *
 * @throws {ConfigError} If a kind is unknown, needs more to be told, or fits no stream; two streams of one
 *   name get numbers.
 * @throws {SensorError} If a file that a sensor would read cannot be looked into.
 */
export async function offeredStreams(
  specs: readonly SensorSpec[],
  { sensors, site, into }: OfferOptions,
): Promise<OfferedStream[]> {
  const found: OfferedStream[] = [];
  for (const spec of specs) {
    const kind = await loadSensorKind(spec.kind, sensors);
    const options = {
      ...spec.options,
      ...(spec.argument !== undefined && { [argumentOf(spec, kind.argument)]: spec.argument }),
    };
    const ends = kind.create(options).pace === "replay";
    const known = (await kind.offers?.(options)) ?? [];
    const offers = known.length > 0 ? known : [blank(spec, options)];
    let used = 0;
    for (const offer of offers) {
      const taken = found.map(({ description }) => description.stream);
      const description =
        into === undefined
          ? describe(spec, offer, site, taken)
          : fitting(spec, offer, into, taken, offers.length > 1);
      if (description === undefined) continue;
      used++;
      found.push({ description, plan: { kind: spec.kind, options: offer.options }, ends });
    }
    if (used === 0)
      throw new ConfigError(
        `sensor ${spec.text}`,
        `expected to give one of ${(into ?? []).map(({ stream }) => stream).join(", ")}, ` +
          `got ${offers.map(({ description }) => description.modality).join(", ") || "nothing"}`,
      );
  }
  return found;
}

/**
 * The option that what stands behind a kind goes to.
 *
 * @param name The kind's `argument`.
 * @throws {ConfigError} If it has none.
 */
export function argumentOf({ text, kind, argument }: SensorSpec, name: string | undefined): string {
  if (name === undefined)
    throw new ConfigError(`sensor ${text}`, `expected ${kind},option=value, got ${argument}`);
  return name;
}

/** A sensor that does not say what it gives: it must be told. */
function blank({ text, stream, kind, shape, rate }: SensorSpec, options: object): StreamOffer {
  if (shape === undefined || rate === undefined)
    throw new ConfigError(
      `sensor ${text}`,
      `expected shape and rate, as in ${kind},shape=3,rate=100, since ${kind} does not say; got none`,
    );
  return {
    description: {
      stream: stream ?? kind,
      modality: "sensor",
      dtype: "f32",
      ...{ shape, rate, unit: "" },
      ...USUAL_TIMES,
    },
    options: { ...options },
  };
}

/** Times of a stream that nobody describes: in order, and idle after a second of silence. */
const USUAL_TIMES = { lateness: 0, idleTimeout: 1_000_000 } as Pick<
  StreamDescription,
  "lateness" | "idleTimeout"
>;

function describe(
  { stream, shape, pictures, rate, dtype, unit }: SensorSpec,
  { description }: StreamOffer,
  site: string,
  taken: readonly string[],
): StreamDescription {
  const size = shape ?? (description.modality === "video" ? pictures : undefined);
  const name = freeName(stream ?? description.stream, taken);
  return wantedStream(
    { ...description, site, stream: name },
    {
      ...(size !== undefined && { shape: size }),
      ...(rate !== undefined && { rate }),
      ...(dtype !== undefined && { dtype }),
      ...(unit !== undefined && { unit }),
    },
  );
}

/** The pipeline's stream that an offer feeds; undefined for a track that nobody wants. */
function fitting(
  spec: SensorSpec,
  { description }: StreamOffer,
  into: readonly StreamDescription[],
  taken: readonly string[],
  isOneOfSeveral: boolean,
): StreamDescription | undefined {
  const free = into.filter(({ stream }) => !taken.includes(stream));
  const named = into.find(({ stream }) => stream === spec.stream);
  if (spec.stream !== undefined && named === undefined)
    throw new ConfigError(
      `sensor ${spec.text}`,
      `expected one of ${into.map(({ stream }) => stream).join(", ")}, got ${spec.stream}`,
    );
  if (named !== undefined)
    return isOneOfSeveral && named.modality !== description.modality ? undefined : named;
  return free.find(({ modality }) => modality === (description.modality satisfies Modality));
}
