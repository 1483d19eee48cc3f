import { execFile } from "node:child_process";
import { promisify } from "node:util";

import { SensorError } from "../../src/sensing.ts";
import { INSTALL_FFMPEG } from "./ffmpeg.ts";

const run = promisify(execFile);

/** The kinds of track that a sensor can read, in ffmpeg's words. */
export type TrackKind = "audio" | "video" | "subtitle";

/** One track of a media file. */
export interface MediaTrack {
  readonly kind: TrackKind;
  /** Place among all tracks of the file, from 0. */
  readonly index: number;
  readonly codec: string;
  /** When it begins, in seconds after the file's own beginning. */
  readonly start: number;
  /** Pictures a second; 0 where there is no steady rate. */
  readonly frameRate: number;
  /** Samples a second; 0 but for sound. */
  readonly sampleRate: number;
  readonly width: number;
  readonly height: number;
}

/** What is in a media file. */
export interface MediaFile {
  /** Seconds from its beginning to its end; 0 where the container does not say. */
  readonly duration: number;
  /** The container's own time of its beginning, in seconds: what track times are counted from. */
  readonly origin: number;
  readonly tracks: readonly MediaTrack[];
}

interface Probed {
  readonly format?: { readonly start_time?: string; readonly duration?: string };
  readonly streams?: readonly {
    readonly index: number;
    readonly codec_type?: string;
    readonly codec_name?: string;
    readonly start_time?: string;
    readonly avg_frame_rate?: string;
    readonly r_frame_rate?: string;
    readonly sample_rate?: string;
    readonly width?: number;
    readonly height?: number;
  }[];
}

/**
 * Looks into a media file with ffprobe.
 *
 * @throws {SensorError} If ffprobe is not there or the file is none that it knows.
 */
export async function probeMedia(path: string, signal?: AbortSignal): Promise<MediaFile> {
  const probed = (await probeJson(path, ["-show_format", "-show_streams"], signal)) as Probed;
  const origin = Number(probed.format?.start_time ?? 0) || 0;
  return {
    origin,
    duration: Number(probed.format?.duration ?? 0) || 0,
    tracks: (probed.streams ?? []).flatMap((stream) => {
      const kind = stream.codec_type;
      if (kind !== "audio" && kind !== "video" && kind !== "subtitle") return [];
      return {
        kind,
        index: stream.index,
        codec: stream.codec_name ?? "unknown",
        start: (Number(stream.start_time ?? origin) || 0) - origin,
        frameRate: ratio(stream.avg_frame_rate) || ratio(stream.r_frame_rate),
        sampleRate: Number(stream.sample_rate ?? 0),
        width: stream.width ?? 0,
        height: stream.height ?? 0,
      };
    }),
  };
}

/**
 * What ffprobe says of a file, as JSON.
 *
 * @throws {SensorError} If ffprobe is not there or refuses the file.
 * @throws The signal's reason, when it aborts.
 */
export async function probeJson(
  path: string,
  flags: readonly string[],
  signal?: AbortSignal,
): Promise<unknown> {
  try {
    const { stdout } = await run(
      "ffprobe",
      ["-v", "error", "-protocol_whitelist", "file", ...flags, "-of", "json", `file:${path}`],
      { maxBuffer: 64 * 1024 * 1024, ...(signal !== undefined && { signal }) },
    );
    return JSON.parse(stdout);
  } catch (cause) {
    signal?.throwIfAborted();
    const isAbsent = (cause as NodeJS.ErrnoException).code === "ENOENT";
    const said = (cause as { stderr?: string }).stderr?.trim().split("\n").at(-1);
    const problem = isAbsent
      ? `expected ffprobe, got none: ${INSTALL_FFMPEG}`
      : `expected a media file, got ${path}: ${said || String(cause)}`;
    throw new SensorError("media file", problem, { cause });
  }
}

/** `30000/1001` as a number; 0 where it says nothing. */
function ratio(text: string | undefined): number {
  const [over = 0, under = 0] = (text ?? "").split("/").map(Number);
  return under > 0 ? over / under : 0;
}
