import { type Cue, parseWebVtt } from "../../src/sensing.ts";
import { mediaText } from "./ffmpeg.ts";
import { type MediaTrack, probeJson } from "./probeMedia.ts";

interface Packets {
  readonly packets?: readonly { readonly pts_time?: string; readonly duration_time?: string }[];
}

/** WebVTT knows whole milliseconds: a cue is within one of its packet. */
const NEAR = 0.0011;

/**
 * The cues of a subtitle track, at the container's own times to the microsecond.
 *
 * ffmpeg gives the words of any subtitle format, rounded to milliseconds; ffprobe the times.
 *
 * @throws {SensorError} If the file cannot be read.
 */
export async function subtitleCues(
  path: string,
  track: MediaTrack,
  origin: number,
  signal: AbortSignal,
): Promise<readonly Cue[]> {
  const vtt = await mediaText({
    where: "file",
    arguments: ["-i", `file:${path}`, "-map", `0:${track.index}`, "-f", "webvtt"],
    signal,
  });
  const flags = ["-select_streams", String(track.index), "-show_packets"];
  const { packets = [] } = (await probeJson(path, flags, signal)) as Packets;
  const exact = packets.map(({ pts_time, duration_time }) => ({
    from: Number(pts_time) - origin,
    duration: Number(duration_time ?? Number.NaN),
  }));
  return parseWebVtt(vtt).map((cue) => {
    const packet = exact.find(({ from }) => Math.abs(from - cue.from) < NEAR);
    if (packet === undefined) return cue;
    const to = Number.isNaN(packet.duration) ? cue.to : packet.from + packet.duration;
    return { ...cue, from: packet.from, to };
  });
}
