import { ConfigError, micros, type StreamDescription } from "../../src/sensing.ts";
import type { MediaTrack } from "./probeMedia.ts";
import type { FileFrame } from "./soundFrames.ts";
import { subtitleCues } from "./subtitleCues.ts";

/**
 * The subtitles of a file as captions, each at its own time.
 *
 * @param origin The container's time of the file's beginning, in seconds.
 * @throws {ConfigError} If the stream is not utf8.
 * @throws {SensorError} If the file cannot be read.
 */
export async function* subtitleFrames(
  path: string,
  track: MediaTrack,
  origin: number,
  { dtype, stream }: StreamDescription,
  signal: AbortSignal,
): AsyncGenerator<FileFrame> {
  if (dtype !== "utf8")
    throw new ConfigError(`stream ${stream}`, `expected utf8 for subtitles, got ${dtype}`);
  for (const { from, to, text } of await subtitleCues(path, track, origin, signal)) {
    const caption = { text, duration: Math.round((to - from) * 1e6) };
    const payload = new TextEncoder().encode(JSON.stringify(caption));
    yield { offset: micros(Math.max(0, Math.round(from * 1e6))), payload };
  }
}
