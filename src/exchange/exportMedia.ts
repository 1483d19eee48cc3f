import { open, rename, rm } from "node:fs/promises";

import { ConfigError } from "../errors.ts";
import { framesOf } from "../frames/Chunk.ts";
import type { Frame } from "../frames/Frame.ts";
import { frameBytes, type StreamDescription } from "../frames/StreamDescription.ts";
import { readLog } from "../log/readLog.ts";
import { writeFully } from "../log/writeFully.ts";
import type { Micros } from "../units.ts";
import { runFfmpeg } from "./ffmpeg.ts";

/** Most of a gap that is filled: a clock that jumped must not fill the disk. */
const LONGEST_FILL_S = 3_600;
const WAV_HEADER = 44;

/** What of a recording becomes a file of sound or pictures. */
export interface ExportMediaOptions {
  /** A file or a folder of segments. */
  readonly log: string;
  readonly description: StreamDescription;
  /** Second 0 of the file: sound and pictures of one recording stay together. */
  readonly start: Micros;
  /** Gives up; nothing is left behind. */
  readonly signal?: AbortSignal;
}

/**
 * Writes a stream of sound as WAV, sample i of it at exactly i / rate after the recording's start: where
 * nothing was recorded it is silent.
 *
 * @returns Frames of the stream in it.
 * @throws {ConfigError} If the stream is no sound at a regular rate.
 * @throws The signal's reason, when it aborts.
 */
export async function exportWav(path: string, options: ExportMediaOptions): Promise<number> {
  const { description } = options;
  const { rate, dtype, shape, stream } = description;
  const samples = shape.reduce((product, size) => product * size, 1);
  if (rate === "irregular" || dtype !== "i16")
    throw new ConfigError(
      `stream ${stream}`,
      `expected i16 sound at a regular rate for WAV, got ${dtype} ${rate}`,
    );
  const part = `${path}.part`;
  const file = await open(part, "w");
  try {
    const silence = new Uint8Array(2 * samples);
    let bytes = 0;
    let frames = 0;
    const write = async (sound: Uint8Array): Promise<void> => {
      await writeFully(file, sound, WAV_HEADER + bytes);
      bytes += sound.byteLength;
    };
    for await (const { payload, fill } of spaced(options, rate)) {
      for (let left = fill; left > 0; left--) await write(silence);
      await write(payload);
      frames++;
    }
    await writeFully(file, wavHeader(samples * rate, bytes), 0);
    await file.close();
    await rename(part, path);
    return frames;
  } catch (cause) {
    await file.close().catch(() => undefined);
    await rm(part, { force: true });
    throw cause;
  }
}

/**
 * Writes a stream of pictures as a film through ffmpeg: `.mp4` (H.264), or `.mkv`, without loss (FFV1).
 * Where nothing was recorded the picture before stays, or it is black.
 *
 * @returns Frames of the stream in it.
 * @throws {ConfigError} If the stream is no pictures at a regular rate.
 * @throws {SensorError} If there is no ffmpeg, or it refuses.
 * @throws The signal's reason, when it aborts.
 */
export async function exportFilm(path: string, options: ExportMediaOptions): Promise<number> {
  const { description } = options;
  const { rate, dtype, shape, stream } = description;
  const [rows, columns, channels = 1] = shape;
  if (rate === "irregular" || dtype !== "u8" || !rows || !columns || ![1, 3].includes(channels))
    throw new ConfigError(
      `stream ${stream}`,
      `expected u8 pictures at a regular rate for a film, got ${dtype} [${shape}] ${rate}`,
    );
  const lossless = /\.mkv$/i.test(path);
  // H.264 as players know it has colour at half size, so sides are even.
  const codec = lossless
    ? ["-c:v", "ffv1"]
    : [
        ...["-c:v", "libx264", "-crf", "18", "-pix_fmt", "yuv420p"],
        ...["-vf", "pad=ceil(iw/2)*2:ceil(ih/2)*2", "-movflags", "+faststart"],
      ];
  const ending = path.slice(path.lastIndexOf("."));
  const part = `${path}.part${ending}`;
  let frames = 0;
  try {
    await runFfmpeg(
      [
        ...["-f", "rawvideo", "-pix_fmt", channels === 3 ? "rgb24" : "gray"],
        ...["-s", `${columns}x${rows}`, "-r", String(rate), "-i", "pipe:0"],
        ...codec,
        part,
      ],
      async (write) => {
        let before: Uint8Array = new Uint8Array(frameBytes(description) ?? 0);
        for await (const { payload, fill } of spaced(options, rate)) {
          for (let left = fill; left > 0; left--) await write(before);
          before = payload.slice();
          await write(before);
          frames++;
        }
      },
    );
    await rename(part, path);
  } finally {
    await rm(part, { force: true });
  }
  return frames;
}

/** The frames of a stream on their places since the start, and how many places before each are empty. */
async function* spaced(
  { log, description: { stream }, start, signal }: ExportMediaOptions,
  rate: number,
): AsyncGenerator<{ readonly payload: Uint8Array; readonly fill: number }> {
  let place = 0;
  let isFirst = true;
  for await (const { originTime, payload } of framesIn(log, stream)) {
    signal?.throwIfAborted();
    const own = Math.round(((originTime - start) * rate) / 1e6);
    // What was sensed before the start, or twice, or out of turn has no place.
    if (own < place) continue;
    const fill = own - place;
    if (fill > LONGEST_FILL_S * rate && !isFirst)
      throw new ConfigError(
        `stream ${stream}`,
        `expected gaps of ${LONGEST_FILL_S} s at most, got one of ${Math.round(fill / rate)} s: cut first`,
      );
    isFirst = false;
    yield { payload, fill };
    place = own + 1;
  }
}

async function* framesIn(log: string, stream: string): AsyncGenerator<Frame> {
  for await (const record of readLog(log, { kinds: ["DATA"] }))
    if (record.kind === "DATA" && record.chunk.stream === stream) yield* framesOf(record.chunk);
}

/** A header of one channel of 16-bit PCM. */
function wavHeader(sampleRate: number, bytes: number): Uint8Array {
  const header = Buffer.alloc(WAV_HEADER);
  header.write("RIFF", 0);
  header.writeUInt32LE(Math.min(36 + bytes, 0xffffffff), 4);
  header.write("WAVEfmt ", 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(Math.round(sampleRate), 24);
  header.writeUInt32LE(Math.round(sampleRate) * 2, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write("data", 36);
  header.writeUInt32LE(Math.min(bytes, 0xffffffff), 40);
  return header;
}
