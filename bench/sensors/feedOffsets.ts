import { file } from "../../sensors/file.ts";
import { pictureFilters } from "../../sensors/media/pictureFrames.ts";
import { type MediaFile, type MediaTrack, probeMedia } from "../../sensors/media/probeMedia.ts";
import { SystemClock } from "../../src/clock/SystemClock.ts";
import { defineStream, type StreamDescription } from "../../src/frames/StreamDescription.ts";
import { hertz, millis, seconds } from "../../src/units.ts";
import { packetTimes, placedPictures, placedSound } from "./mediaReference.ts";
import { soundLag } from "./soundLag.ts";

/** What the file sensor made of one track, against the container's own times. */
export interface TrackOffsets {
  readonly kind: MediaTrack["kind"];
  readonly codec: string;
  /** Frames that the sensor gave. */
  readonly frames: number;
  /** What it is to be held against, in ms: 1 for sound, half a picture's period, 0 for text. */
  readonly bound: number;
  /** Farthest distance of a frame from the container's time of what is in it, in ms. */
  readonly worst: number;
  /** Frames whose content could be told apart, and so placed. */
  readonly placed: number;
}

/** Samples a frame of sound lasts, at most 10 ms of it. */
const BLOCKS = 100;
/** Pictures are compared at this size. */
const ROWS = 90;
const COLUMNS = 120;

/**
 * Sends each track of a recording through the real file sensor and measures how far its frames are from where the
 * container says that their content lies.
 *
 * Sound is found again by correlation at the track's own rate, pictures by being equal, captions by their times.
 */
export async function feedOffsets(path: string): Promise<readonly TrackOffsets[]> {
  const media = await probeMedia(path);
  const offsets: TrackOffsets[] = [];
  const counts = { audio: 0, video: 0, subtitle: 0 };
  for (const track of media.tracks) {
    const index = counts[track.kind]++;
    offsets.push(await measures[track.kind](path, media, track, index));
  }
  return offsets;
}

type Measure = (
  path: string,
  media: MediaFile,
  track: MediaTrack,
  index: number,
) => Promise<TrackOffsets>;

const measures: Readonly<Record<MediaTrack["kind"], Measure>> = {
  async audio(path, { origin }, track, index) {
    const rate = track.sampleRate;
    const samples = rate / BLOCKS;
    const stream = describe("sound", "audio", "i16", [samples], BLOCKS);
    const frames = await sensed(path, "sound", index, stream);
    const reference = await placedSound(path, track.index, rate);
    const pcm = frames.flatMap(({ payload }) => [
      ...new Int16Array(payload.buffer, payload.byteOffset, payload.byteLength >> 1),
    ]);
    const { worst, placed } = soundLag({
      reference,
      samples: Int16Array.from(pcm),
      start: origin + (frames[0]?.offset ?? 0) / 1e6,
    });
    return { ...about(track), frames: frames.length, bound: 1, worst: worst * 1e3, placed };
  },

  async video(path, { origin }, track, index) {
    const stream = describe("pictures", "video", "u8", [ROWS, COLUMNS], track.frameRate);
    const { filters, bytes } = pictureFilters(stream, [0, 0, 1, 1]);
    const frames = await sensed(path, "pictures", index, stream);
    const reference = await placedPictures(path, track.index, filters.join(","), bytes);
    const times = new Map<string, number[]>();
    for (const { time, picture } of reference) {
      const key = Buffer.from(picture).toString("latin1");
      times.set(key, [...(times.get(key) ?? []), time - origin]);
    }
    const distances = frames.flatMap(({ offset, payload }) => {
      const equal = times.get(Buffer.from(payload).toString("latin1")) ?? [];
      return equal.length === 0
        ? []
        : [Math.min(...equal.map((time) => Math.abs(time * 1e3 - offset / 1e3)))];
    });
    const bound = 500 / track.frameRate;
    const worst = Math.max(...distances);
    return { ...about(track), frames: frames.length, bound, worst, placed: distances.length };
  },

  async subtitle(path, { origin }, track, index) {
    const stream = describe("subtitles", "text", "utf8", [], "irregular");
    const frames = await sensed(path, "subtitles", index, stream);
    const packets = await packetTimes(path, track.index);
    const distances = frames.map(({ offset }, i) =>
      Math.abs(offset / 1e3 - ((packets[i] ?? Number.NaN) - origin) * 1e3),
    );
    const worst =
      frames.length === packets.length ? Math.max(...distances) : Number.POSITIVE_INFINITY;
    // A microsecond is what our times are whole in.
    const rounded = Math.round(worst * 1e3) / 1e3;
    return {
      ...about(track),
      frames: frames.length,
      bound: 0,
      worst: rounded,
      placed: frames.length,
    };
  },
};

function about({ kind, codec }: MediaTrack): Pick<TrackOffsets, "kind" | "codec"> {
  return { kind, codec };
}

function describe(
  stream: string,
  modality: StreamDescription["modality"],
  dtype: StreamDescription["dtype"],
  shape: readonly number[],
  rate: number | "irregular",
): StreamDescription {
  return defineStream({
    ...{ site: "feed", stream, modality, dtype, shape, unit: "" },
    rate: rate === "irregular" ? rate : hertz(rate),
    lateness: millis(0),
    idleTimeout: seconds(1),
  });
}

async function sensed(
  path: string,
  track: "sound" | "pictures" | "subtitles",
  index: number,
  description: StreamDescription,
): Promise<readonly { readonly offset: number; readonly payload: Uint8Array }[]> {
  const origin = seconds(1_000);
  const frames: { offset: number; payload: Uint8Array }[] = [];
  const context = {
    ...{ description, clock: new SystemClock(), origin, from: origin },
    signal: new AbortController().signal,
  };
  for await (const { originTime, payload } of file.create({ path, track, index }).frames(context))
    frames.push({ offset: originTime - origin, payload: Uint8Array.from(payload) });
  return frames;
}
