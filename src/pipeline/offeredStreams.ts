import { ConfigError } from "../errors.ts";
import { isDType } from "../frames/DType.ts";
import type { Modality } from "../frames/Modality.ts";
import { defineStream, type StreamDescription } from "../frames/StreamDescription.ts";
import type { SensorPlan } from "./Feed.ts";
import { loadSensorKind } from "./loadSensorKind.ts";
import type { SensorSpec } from "./parseSensorSpec.ts";
import type { StreamOffer } from "./Sensor.ts";

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
    const offers = (await kind.offers?.(options)) ?? [blank(spec, options)];
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

function argumentOf({ text, kind, argument }: SensorSpec, name: string | undefined): string {
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
  { text, stream, pictures, rate, dtype, ...spec }: SensorSpec,
  { description }: StreamOffer,
  site: string,
  taken: readonly string[],
): StreamDescription {
  if (dtype !== undefined && !isDType(dtype))
    throw new ConfigError(`sensor ${text}`, `expected a dtype like f32, got ${dtype}`);
  const isPicture = description.modality === "video";
  const shape = spec.shape ?? (isPicture ? pictures : undefined);
  const unit = spec.unit ?? (isPicture && shape?.length === 2 ? "grey level" : undefined);
  const { span, ...rest } = description;
  const isBlock = span !== undefined && rate !== undefined && rate !== "irregular";
  return defineStream({
    ...rest,
    site,
    stream: unused(stream ?? description.stream, taken),
    ...(shape !== undefined && { shape }),
    ...(rate !== undefined && { rate }),
    ...(dtype !== undefined && { dtype }),
    ...(unit !== undefined && { unit }),
    ...(span !== undefined && { span: isBlock ? (Math.round(1e6 / rate) as typeof span) : span }),
  });
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

function unused(name: string, taken: readonly string[]): string {
  if (!taken.includes(name)) return name;
  for (let number = 2; ; number++)
    if (!taken.includes(`${name}-${number}`)) return `${name}-${number}`;
}
