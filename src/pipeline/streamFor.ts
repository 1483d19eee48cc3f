import { ConfigError } from "../errors.ts";
import type { StreamDescription } from "../frames/StreamDescription.ts";
import { freeName } from "./freeName.ts";
import type { SensorKind, StreamOffer } from "./Sensor.ts";
import { wantedStream } from "./wantedStream.ts";

type Said = Readonly<Record<string, unknown>>;

/** What there is to know about a sensor whose stream is to be described. */
export interface StreamRequest {
  /** The sensor; absent where somebody else's publisher feeds the stream. */
  readonly kind?: SensorKind;
  /** What the sensor is told. */
  readonly options: Said;
  /** The stream's name, or what a person says of its description. */
  readonly stream?: string | Said;
  readonly site: string;
  /** Names that are taken already. */
  readonly taken?: readonly string[];
}

/** A stream of one sensor, and what makes the sensor give it. */
export interface StreamAnswer {
  readonly description: StreamDescription;
  readonly options: Said;
}

/** What leaves nothing about a stream to the sensor. */
const WHOLE = ["modality", "dtype", "rate"] as const;

/**
 * The whole description of a stream of which a person has said a part: what is left out is what the sensor
 * offers. Of several offers it is the one of the name or else of the modality that is said, or the first.
 * The stream is called like the kind unless its name is said, so that nobody takes it for a pipeline's own.
 *
 * A sensor is not asked for offers where all is said.
 *
 * @throws {ConfigError} If what is said and what is offered make no description.
 * @throws {SensorError} If a file that the sensor would read cannot be looked into.
 */
export async function streamFor({
  kind,
  options,
  stream,
  site,
  taken = [],
}: StreamRequest): Promise<StreamAnswer> {
  const said = typeof stream === "string" ? { stream } : (stream ?? {});
  const isWhole = WHOLE.every((field) => field in said);
  const offer = isWhole ? undefined : chosen((await kind?.offers?.(options)) ?? [], said);
  if (offer === undefined && !("dtype" in said))
    throw new ConfigError(
      "stream",
      `expected its description, like {"modality":"sensor","dtype":"f32","shape":[3],"rate":50}, got none: ` +
        `${kind?.name ?? "a publisher elsewhere"} may give anything`,
    );
  const name = kind === undefined ? {} : { stream: freeName(kind.name, taken) };
  return {
    description: wantedStream({ ...offer?.description, site, ...name }, said),
    options: offer?.options ?? options,
  };
}

function chosen(offers: readonly StreamOffer[], said: Said): StreamOffer | undefined {
  return (
    offers.find(({ description }) => description.stream === said["stream"]) ??
    offers.find(({ description }) => description.modality === said["modality"]) ??
    offers[0]
  );
}
