import { parseCaption } from "../../features/CaptionGrams.ts";
import { type Chunk, framesOf } from "../../frames/Chunk.ts";
import { borrowNumbers, DTYPE_BYTES } from "../../frames/DType.ts";
import type { Frame } from "../../frames/Frame.ts";
import type { Micros } from "../../units.ts";
import type { StreamInfo } from "../messages.ts";
import { LOG, type NamedSchema, NUMBERS, RAW_AUDIO, RAW_IMAGE } from "./schemas.ts";
import { foxgloveTime } from "./time.ts";

/** Information, in Foxglove's levels of a log. */
const INFO = 2;

/** One message of a channel. */
export interface FoxgloveMessage {
  readonly time: Micros;
  readonly body: object;
}

/** How a stream's frames look to a viewer. */
export interface StreamChannel {
  readonly schema: NamedSchema;
  /** The messages of a chunk, in order; what cannot be read gives none. */
  messages(chunk: Chunk): readonly FoxgloveMessage[];
}

/**
 * The channel of a stream, by what it is: pictures as images, sound as audio, captions as a log, anything
 * else as numbers.
 */
export function streamChannel({ stream, modality, rate }: StreamInfo): StreamChannel {
  if (modality === "text")
    return { schema: LOG, messages: each((frame) => captionOf(frame, stream)) };
  if (modality === "audio" && rate > 0) return { schema: RAW_AUDIO, messages: soundOf(rate) };
  if (modality === "video") return { schema: RAW_IMAGE, messages: each(pictureOf) };
  return { schema: NUMBERS, messages: each((frame, { dtype }) => numbersOf(frame, dtype)) };
}

function each(
  convert: (frame: Frame, chunk: Chunk) => object | undefined,
): (chunk: Chunk) => readonly FoxgloveMessage[] {
  return (chunk) =>
    framesOf(chunk).flatMap((frame) => {
      const body = convert(frame, chunk);
      return body === undefined ? [] : [{ time: frame.originTime, body }];
    });
}

/** A chunk of sound as one message: its frames are next to one another. */
function soundOf(rate: number): (chunk: Chunk) => readonly FoxgloveMessage[] {
  return ({ originTimes, dtype, shape, payload }) => {
    const [time] = originTimes;
    if (time === undefined || dtype !== "i16") return [];
    const samples = shape.reduce((product, size) => product * size, 1);
    const body = {
      timestamp: foxgloveTime(time),
      data: base64(payload),
      format: "pcm-s16",
      sample_rate: Math.round(samples * rate),
      number_of_channels: 1,
    };
    return [{ time, body }];
  };
}

/** What Foxglove calls pictures of one channel, by element; of three it knows bytes alone. */
const ONE_CHANNEL: Partial<Record<Chunk["dtype"], string>> = {
  u8: "mono8",
  u16: "mono16",
  f32: "32FC1",
};

function pictureOf(
  { originTime, payload, stream }: Frame,
  { shape, dtype }: Chunk,
): object | undefined {
  const [height, width, channels = 1] = shape;
  if (height === undefined || width === undefined) return undefined;
  const encoding =
    channels === 1 ? ONE_CHANNEL[dtype] : channels === 3 && dtype === "u8" ? "rgb8" : undefined;
  if (encoding === undefined) return undefined;
  return {
    timestamp: foxgloveTime(originTime),
    frame_id: stream,
    width,
    height,
    encoding,
    step: width * channels * DTYPE_BYTES[dtype],
    data: base64(payload),
  };
}

function captionOf({ originTime, payload }: Frame, name: string): object | undefined {
  const caption = parseCaption(payload);
  if (caption === undefined) return undefined;
  return {
    timestamp: foxgloveTime(originTime),
    level: INFO,
    message: caption.text,
    name,
    file: "",
    line: 0,
  };
}

function numbersOf({ originTime, payload }: Frame, dtype: Chunk["dtype"]): object | undefined {
  if (dtype === "utf8") return undefined;
  // JSON has no NaN: what is no number is null.
  return { timestamp: foxgloveTime(originTime), values: [...borrowNumbers(payload, dtype)] };
}

function base64({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString("base64");
}
