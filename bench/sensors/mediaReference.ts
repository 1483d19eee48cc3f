import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);
const MOST = 1024 * 1024 * 1024;

/** A stretch of decoded sound where the container says it lies. */
export interface PlacedSound {
  /** Seconds of the container's own time, of sample 0 of each decoded frame. */
  readonly times: readonly number[];
  /** Samples of each decoded frame. */
  readonly sizes: readonly number[];
  readonly rate: number;
  /** All frames back to back, one channel. */
  readonly samples: Int16Array;
}

/**
 * A track's sound as ffmpeg's decoder gives it, without a filter that would move it, and the container's time of
 * each piece: what our own sensor is held against.
 *
 * @param rate Of the track, in Hz.
 */
export async function placedSound(path: string, track: number, rate: number): Promise<PlacedSound> {
  const frames = await probedFrames(path, track, "frame=pts_time,nb_samples");
  const raw = await decoded([
    ...["-i", path, "-map", `0:${track}`, "-ac", "1", "-f", "s16le", "-"],
  ]);
  return {
    times: frames.map(({ pts_time }) => Number(pts_time ?? Number.NaN)),
    sizes: frames.map(({ nb_samples }) => Number(nb_samples ?? 0)),
    rate,
    samples: new Int16Array(raw.buffer, raw.byteOffset, raw.byteLength >> 1),
  };
}

/** Every picture of a track, in the given form, with the container's time of each, in seconds. */
export async function placedPictures(
  path: string,
  track: number,
  filters: string,
  bytes: number,
): Promise<readonly { readonly time: number; readonly picture: Uint8Array }[]> {
  const frames = await probedFrames(path, track, "frame=best_effort_timestamp_time");
  const raw = await decoded([
    ...["-i", path, "-map", `0:${track}`, "-vf", filters],
    ...["-fps_mode", "passthrough", "-f", "rawvideo", "-"],
  ]);
  if (raw.byteLength !== frames.length * bytes)
    throw new Error(`${path}: expected ${frames.length} pictures, got ${raw.byteLength / bytes}`);
  return frames.map((frame, i) => ({
    time: Number(frame.best_effort_timestamp_time),
    picture: raw.subarray(i * bytes, (i + 1) * bytes),
  }));
}

/** The times of a track's packets that carry something, in seconds of the container's own time. */
export async function packetTimes(path: string, track: number): Promise<readonly number[]> {
  const { packets = [] } = (await probe(path, track, ["-show_packets"])) as {
    readonly packets?: readonly { readonly pts_time: string; readonly size: string }[];
  };
  // mov_text says "nothing" between two cues by a packet of two bytes.
  return packets.filter(({ size }) => Number(size) > 2).map(({ pts_time }) => Number(pts_time));
}

interface ProbedFrame {
  readonly pts_time?: string;
  readonly best_effort_timestamp_time?: string;
  readonly nb_samples?: number;
}

async function probedFrames(
  path: string,
  track: number,
  entries: string,
): Promise<readonly ProbedFrame[]> {
  const told = await probe(path, track, ["-show_frames", "-show_entries", entries]);
  return (told as { readonly frames?: readonly ProbedFrame[] }).frames ?? [];
}

async function probe(path: string, track: number, flags: readonly string[]): Promise<unknown> {
  const told = ["-v", "error", "-select_streams", String(track), ...flags, "-of", "json", path];
  const { stdout } = await run("ffprobe", told, { maxBuffer: MOST });
  return JSON.parse(stdout);
}

async function decoded(told: readonly string[]): Promise<Buffer> {
  const { stdout } = await run("ffmpeg", ["-v", "error", "-nostdin", ...told], {
    maxBuffer: MOST,
    encoding: "buffer",
  });
  return stdout;
}
