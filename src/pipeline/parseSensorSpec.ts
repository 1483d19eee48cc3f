import { ConfigError } from "../errors.ts";
import { type DType, isDType } from "../frames/DType.ts";
import type { StreamDescription } from "../frames/StreamDescription.ts";
import { hertz } from "../units.ts";

/** A sensor as a person names it on a command line. */
export interface SensorSpec {
  /** As it was written. */
  readonly text: string;
  /** The stream that it is to feed; its usual one unless given. */
  readonly stream?: string;
  readonly kind: string;
  /** What stood behind the kind: a path, an address, a device. */
  readonly argument?: string;
  /** What the sensor is told. */
  readonly options: Readonly<Record<string, unknown>>;
  /** What the stream is to be like, where it is not to be as usual. */
  readonly shape?: readonly number[];
  /** Shape of its pictures where `shape` does not say; grey where it has two sizes. */
  readonly pictures?: readonly number[];
  readonly rate?: StreamDescription["rate"];
  readonly dtype?: DType;
  readonly unit?: string;
}

const FORM = /^(?:([A-Za-z0-9._-]+)=)?([A-Za-z][A-Za-z0-9]*|[./][^:,]*)(?::(.*))?$/;

/**
 * Reads `[STREAM=]KIND[:ARGUMENT][,option=value]...`: `microphone`, `file:film.mp4`,
 * `front=camera:/dev/video1,shape=48x64,rate=15`.
 *
 * `shape`, `rate`, `dtype` and `unit` are about the stream, all else goes to the sensor: numbers as numbers,
 * JSON as what it says, the rest as text.
 *
 * @throws {ConfigError} If it is none of that form.
 */
export function parseSensorSpec(text: string): SensorSpec {
  const [head = "", ...pairs] = text.split(/,(?=[A-Za-z]\w*=)/);
  const match = FORM.exec(head);
  if (match === null)
    throw new ConfigError(
      "--sensor",
      `expected KIND, KIND:ARGUMENT or STREAM=KIND,option=value, got ${text}`,
    );
  const [, stream, kind = "", argument] = match;
  const told: Record<string, string> = {};
  for (const pair of pairs) {
    const at = pair.indexOf("=");
    told[pair.slice(0, at)] = pair.slice(at + 1);
  }
  const { shape, rate, dtype, unit, ...options } = told;
  return {
    text,
    kind,
    ...(stream !== undefined && { stream }),
    ...(argument !== undefined && argument !== "" && { argument }),
    options: Object.fromEntries(
      Object.entries(options).map(([name, value]) => [name, readValue(value)]),
    ),
    ...(shape !== undefined && { shape: shapeOf(text, shape) }),
    ...(rate !== undefined && { rate: rateOf(text, rate) }),
    ...(dtype !== undefined && { dtype: dtypeOf(text, dtype) }),
    ...(unit !== undefined && { unit }),
  };
}

/** `24x32`, `3`, or nothing for a scalar. */
function shapeOf(where: string, text: string): readonly number[] {
  const shape = text === "" ? [] : text.split("x").map(Number);
  if (shape.every((size) => Number.isSafeInteger(size) && size > 0)) return shape;
  throw new ConfigError(`sensor ${where}`, `expected a shape like 24x32, got ${text}`);
}

function rateOf(where: string, text: string): StreamDescription["rate"] {
  if (text === "irregular") return text;
  const rate = Number(text.replace(/Hz$/i, ""));
  if (rate > 0 && Number.isFinite(rate)) return hertz(rate);
  throw new ConfigError(`sensor ${where}`, `expected a rate like 25 or irregular, got ${text}`);
}

function dtypeOf(where: string, text: string): DType {
  if (isDType(text)) return text;
  throw new ConfigError(`sensor ${where}`, `expected a dtype like f32, got ${text}`);
}

function readValue(text: string): unknown {
  if (!/^(?:-?\d|[[{"]|true$|false$)/.test(text)) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text; // `2026-01-31` begins like a number and is a text
  }
}
