import type { Label } from "../frames/EventSpan.ts";
import { type Micros, micros } from "../units.ts";

/** What one message of another program's recording says, in our terms. */
export type ForeignMessage =
  | {
      readonly kind: "picture";
      readonly time: Micros;
      readonly shape: readonly number[];
      readonly bytes: Uint8Array;
    }
  | {
      readonly kind: "sound";
      readonly time: Micros;
      readonly rate: number;
      readonly bytes: Uint8Array;
    }
  | {
      readonly kind: "text";
      readonly time: Micros;
      readonly text: string;
      readonly duration: Micros;
    }
  | { readonly kind: "numbers"; readonly time: Micros; readonly values: readonly number[] }
  | { readonly kind: "label"; readonly label: Label };

type Fields = Readonly<Record<string, unknown>>;

/** How long a line of text counts that does not say. */
const USUAL_DURATION = micros(400_000);
/** Most numbers of one message: what holds more is no measurement. */
const MOST_NUMBERS = 4_096;

/**
 * Reads one message by its schema's name; of a schema that is not known, the numbers in it, in order.
 *
 * @param schema `foxglove.RawImage`, `sensor_msgs/msg/Imu`, ...
 * @param body The message, decoded: bytes as base64 text or as bytes.
 * @param stamped What the message is stamped with, where it does not say itself.
 * @returns undefined for what holds nothing that we know.
 */
export function foreignMessage(
  schema: string,
  body: unknown,
  stamped: Micros,
): ForeignMessage | undefined {
  if (typeof body !== "object" || body === null) return undefined;
  const fields = body as Fields;
  const time = timeOf(fields, stamped);
  switch (schema.replace("/msg/", "/").replace("foxglove_msgs/", "foxglove.")) {
    case "foxglove.RawImage":
    case "sensor_msgs/Image":
      return pictureOf(fields, time);
    case "foxglove.RawAudio":
      return soundOf(fields, time);
    case "foxglove.Log":
    case "rcl_interfaces/Log":
      return textOf(fields["message"] ?? fields["msg"], fields["duration"], time);
    case "std_msgs/String":
      return textOf(fields["data"], undefined, time);
    case "sensorium.Label":
      return labelOf(fields, "import");
    // What a model said is no label.
    case "sensorium.Event":
    case "sensorium.Answer":
    case "sensorium.Health":
      return undefined;
    case "sensorium.Numbers":
      return { kind: "numbers", time, values: list(fields["values"]) };
    default: {
      const values: number[] = [];
      gather(fields, values);
      const isSmall = values.length > 0 && values.length <= MOST_NUMBERS;
      return isSmall ? { kind: "numbers", time, values } : undefined;
    }
  }
}

/** The message's own time: `timestamp`, or `header.stamp` as ROS has it. */
function timeOf(fields: Fields, stamped: Micros): Micros {
  const header = fields["header"];
  const own = isFields(header) ? header["stamp"] : fields["timestamp"];
  return instant(own) ?? stamped;
}

function instant(value: unknown): Micros | undefined {
  if (!isFields(value)) return undefined;
  const { sec, nsec, nanosec = nsec } = value;
  if (typeof sec !== "number" || typeof nanosec !== "number") return undefined;
  const time = sec * 1e6 + nanosec / 1e3;
  return Number.isFinite(time) && time > 0 ? micros(time) : undefined;
}

function pictureOf(fields: Fields, time: Micros): ForeignMessage | undefined {
  const { width, height, step, encoding } = fields;
  const data = bytesOf(fields["data"]);
  if (typeof width !== "number" || typeof height !== "number" || data === undefined)
    return undefined;
  const channels = { mono8: 1, "8UC1": 1, rgb8: 3, bgr8: 3, "8UC3": 3, rgba8: 4, bgra8: 4 }[
    String(encoding)
  ];
  if (channels === undefined) return undefined;
  const stride = typeof step === "number" && step > 0 ? step : width * channels;
  if (data.byteLength < stride * height) return undefined;
  const kept = Math.min(channels, 3);
  const isSwapped = String(encoding).startsWith("bgr");
  const bytes = new Uint8Array(width * height * kept);
  for (let row = 0, at = 0; row < height; row++)
    for (let column = 0; column < width; column++)
      for (let channel = 0; channel < kept; channel++, at++) {
        const from = isSwapped ? 2 - channel : channel;
        bytes[at] = data[row * stride + column * channels + from] ?? 0;
      }
  const shape = kept === 1 ? [height, width] : [height, width, kept];
  return { kind: "picture", time, shape, bytes };
}

function soundOf(fields: Fields, time: Micros): ForeignMessage | undefined {
  const { format, sample_rate: rate, number_of_channels: channels } = fields;
  const bytes = bytesOf(fields["data"]);
  const isKnown = format === "pcm-s16" && channels === 1 && typeof rate === "number" && rate > 0;
  return isKnown && bytes !== undefined ? { kind: "sound", time, rate, bytes } : undefined;
}

function textOf(said: unknown, seconds: unknown, time: Micros): ForeignMessage | undefined {
  if (typeof said !== "string" || said === "") return undefined;
  const duration = typeof seconds === "number" ? micros(seconds * 1e6) : USUAL_DURATION;
  return { kind: "text", time, text: said, duration };
}

function labelOf(fields: Fields, usualBy: string): ForeignMessage | undefined {
  const { label, slot = "", by = usualBy } = fields;
  const [from, to] = [instant(fields["from"]), instant(fields["to"])];
  if (typeof label !== "string" || from === undefined || to === undefined) return undefined;
  return { kind: "label", label: { label, slot: String(slot), by: String(by), from, to } };
}

/** All numbers in it, depth first, but times and covariances that nobody gave. */
function gather(value: unknown, into: number[]): void {
  if (into.length > MOST_NUMBERS) return;
  if (typeof value === "number") into.push(value);
  else if (typeof value === "bigint") into.push(Number(value));
  else if (typeof value === "boolean") into.push(value ? 1 : 0);
  else if (Array.isArray(value) || ArrayBuffer.isView(value))
    for (const item of value as unknown as Iterable<unknown>) gather(item, into);
  else if (isFields(value))
    for (const [name, item] of Object.entries(value))
      if (name !== "header" && name !== "timestamp" && !name.endsWith("covariance"))
        gather(item, into);
}

function list(value: unknown): readonly number[] {
  return Array.isArray(value)
    ? value.map((item) => (typeof item === "number" ? item : Number.NaN))
    : [];
}

function bytesOf(value: unknown): Uint8Array | undefined {
  if (typeof value === "string") return Buffer.from(value, "base64");
  return value instanceof Uint8Array ? value : undefined;
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
