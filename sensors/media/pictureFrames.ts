import {
  ConfigError,
  micros,
  type SensorSettings,
  type StreamDescription,
} from "../../src/sensing.ts";
import { mediaBlocks } from "./ffmpeg.ts";
import type { MediaTrack } from "./probeMedia.ts";
import type { FileFrame } from "./soundFrames.ts";

/**
 * The pictures of a file on the stream's own grid: picture k is one whose own time is at most half a
 * period away from k / rate after the file's beginning, or, where there is none, the one before.
 *
 * @param crop Left, top, width and height of the part wanted, as fractions of the picture.
 * @throws {ConfigError} If the stream is not u8 [rows, columns] or [rows, columns, 3] at a regular rate.
 * @throws {SensorError} If the file cannot be read.
 */
export async function* pictureFrames(
  path: string,
  track: MediaTrack,
  crop: readonly number[],
  description: StreamDescription,
  signal: AbortSignal,
): AsyncGenerator<FileFrame> {
  const { rate } = description;
  const { filters, bytes } = pictureFilters(description, crop);
  if (rate === "irregular")
    throw new ConfigError(`stream ${description.stream}`, "expected a regular rate for pictures");
  const blocks = mediaBlocks({
    where: "file",
    arguments: [
      ...["-i", `file:${path}`, "-map", `0:${track.index}`],
      ...["-vf", [`fps=${rate}`, ...filters].join(","), "-f", "rawvideo"],
    ],
    blockBytes: bytes,
    signal,
  });
  let picture = Math.round(track.start * rate);
  for await (const payload of blocks)
    yield { offset: micros(Math.round((picture++ * 1e6) / rate)), payload };
}

/**
 * ffmpeg's filters that cut, scale and colour a picture as a stream wants it.
 *
 * @throws {ConfigError} As `pictureFrames`.
 */
export function pictureFilters(
  { stream, dtype, shape }: StreamDescription,
  crop: readonly number[],
): { readonly filters: readonly string[]; readonly bytes: number } {
  const [rows, columns, channels = 1, ...more] = shape;
  const isPicture = rows && columns && (channels === 1 || channels === 3) && more.length === 0;
  if (dtype !== "u8" || !isPicture)
    throw new ConfigError(
      `stream ${stream}`,
      `expected u8 [rows, columns] or [rows, columns, 3] for pictures, got ${dtype} [${shape}]`,
    );
  const [left = 0, top = 0, width = 1, height = 1] = crop;
  return {
    filters: [
      `crop=iw*${width}:ih*${height}:iw*${left}:ih*${top}`,
      `scale=${columns}:${rows}:flags=area`,
      `format=${channels === 3 ? "rgb24" : "gray"}`,
    ],
    bytes: rows * columns * channels,
  };
}

/**
 * The part of the picture that a sensor's options name.
 *
 * @throws {ConfigError} If it is not within the picture.
 */
export function cropOf(settings: SensorSettings, usual: readonly number[]): readonly number[] {
  const crop = settings.numbers("crop", 4, usual);
  const [left = 0, top = 0, width = 0, height = 0] = crop;
  const isInside = left >= 0 && top >= 0 && left + width <= 1 && top + height <= 1;
  if (!isInside || !(width > 0) || !(height > 0))
    throw new ConfigError("crop", `expected a part of the picture, [0, 1], got [${crop}]`);
  return crop;
}
