import { ConfigError } from "../errors.ts";
import type { StreamDescription } from "../frames/StreamDescription.ts";
import { parseStream } from "./parseStream.ts";
import type { SensorKind } from "./Sensor.ts";

/** What there is to know about a sensor whose stream is to be described. */
export interface StreamRequest {
  /** The sensor; absent where somebody else's publisher feeds the stream. */
  readonly kind?: SensorKind;
  /** What the sensor is told. */
  readonly options: Readonly<Record<string, unknown>>;
  /** The stream's name, or what a person says of its description. */
  readonly stream?: string | Readonly<Record<string, unknown>>;
  readonly site: string;
  /** Names that are taken already. */
  readonly taken?: readonly string[];
}

/**
 * The whole description of a stream of which a person has said a part: what is left out is what the kind of
 * sensor usually gives, its name the kind's.
 *
 * @throws {ConfigError} If what is said and what is usual make no description, or the name is taken.
 */
export function streamFor({
  kind,
  options,
  stream,
  site,
  taken = [],
}: StreamRequest): StreamDescription {
  const said = typeof stream === "string" ? { stream } : (stream ?? {});
  const usual = kind?.usual?.(options);
  if (usual === undefined && !("dtype" in said))
    throw new ConfigError(
      "stream",
      `expected its description, like {"modality":"sensor","dtype":"f32","shape":[3],"rate":50}, got none: ` +
        `${kind?.name ?? "a publisher elsewhere"} may give anything`,
    );
  const name = kind === undefined ? {} : { stream: freeName(kind.name, taken) };
  return parseStream({ site, ...name, ...usual, ...said });
}

function freeName(name: string, taken: readonly string[]): string {
  for (let number = 1; ; number++) {
    const candidate = number === 1 ? name : `${name}-${number}`;
    if (!taken.includes(candidate)) return candidate;
  }
}
