import { ConfigError, type Micros, micros, type StreamDescription } from "../../src/sensing.ts";
import { mediaBlocks } from "./ffmpeg.ts";
import type { MediaTrack } from "./probeMedia.ts";

/** One frame of a file, `offset` µs after its beginning. */
export interface FileFrame {
  readonly offset: Micros;
  readonly payload: Uint8Array;
}

/**
 * The sound of a file as blocks of one channel, sample i of it at exactly i / rate after the file's
 * beginning: gaps that the container's times tell are filled with silence, what overlaps is cut.
 *
 * @throws {ConfigError} If the stream is not i16 at a regular rate.
 * @throws {SensorError} If the file cannot be read.
 */
export async function* soundFrames(
  path: string,
  track: MediaTrack,
  { rate, dtype, shape, stream }: StreamDescription,
  signal: AbortSignal,
): AsyncGenerator<FileFrame> {
  const samples = shape.reduce((product, size) => product * size, 1);
  if (rate === "irregular" || dtype !== "i16")
    throw new ConfigError(
      `stream ${stream}`,
      `expected i16 at a regular rate for sound, got ${dtype} ${rate}`,
    );
  const sampleRate = Math.round(samples * rate);
  const blocks = mediaBlocks({
    where: "file",
    arguments: [
      ...["-i", `file:${path}`, "-map", `0:${track.index}`],
      // Times first, or the resampler would close what the container says is a gap.
      ...["-af", `aresample=${sampleRate}:async=1:min_hard_comp=0.001:first_pts=0`],
      ...["-ac", "1", "-f", "s16le"],
    ],
    blockBytes: 2 * samples,
    signal,
  });
  const first = Math.floor(track.start * rate);
  let block = 0;
  for await (const payload of blocks) {
    // Before the track begins there is nothing, and nothing is not silence.
    if (block >= first) yield { offset: micros(Math.round((block * 1e6) / rate)), payload };
    block++;
  }
}
