import { access, constants } from "node:fs/promises";

import {
  ConfigError,
  hertz,
  micros,
  replayPasses,
  type SensedFrame,
  type SensorContext,
  SensorError,
  type SensorKind,
  SensorSettings,
  type StreamOffer,
} from "../src/sensing.ts";
import { probeFfmpeg } from "./media/ffmpeg.ts";
import { cropOf, pictureFrames } from "./media/pictureFrames.ts";
import { type MediaFile, type MediaTrack, probeMedia, type TrackKind } from "./media/probeMedia.ts";
import { soundFrames } from "./media/soundFrames.ts";
import { subtitleFrames } from "./media/subtitleFrames.ts";
import { USUAL_PICTURES, USUAL_SOUND, USUAL_TEXT } from "./streams/usualStreams.ts";

const TRACKS = {
  sound: "audio",
  pictures: "video",
  subtitles: "subtitle",
} as const satisfies Record<string, TrackKind>;

/** The whole picture: left, top, width and height as fractions. */
const WHOLE = [0, 0, 1, 1];
/** Pictures a second that a file is believed to have. */
const FASTEST = 60;

/**
 * One track of a media file: its sound, its pictures or its subtitles, at the container's own times.
 *
 * Options: `path`; `track`, `sound`, `pictures` or `subtitles` (what fits the stream's modality unless
 * given); `index`, which of them (0); `crop` of the pictures: left, top, width and height as fractions.
 *
 * Sound is i16 of one channel at a regular rate, pictures u8 [rows, columns] grey or [rows, columns, 3]
 * red, green, blue at a regular rate, subtitles utf8. Three streams of one file are three sensors with
 * one `path`: offset 0 of all of them is the beginning of the file.
 */
export const file: SensorKind = {
  name: "file",
  summary: "Replays the sound, the pictures or the subtitles of a media file through ffmpeg.",
  probe: () => probeFfmpeg(async () => ({ works: true, detail: "reads media files" })),
  argument: "path",
  offers,
  create(options) {
    const settings = new SensorSettings("file", options);
    const path = settings.text("path");
    const track = settings.has("track")
      ? settings.choice("track", Object.keys(TRACKS) as (keyof typeof TRACKS)[])
      : undefined;
    const index = settings.count("index", 0, 0);
    const crop = cropOf(settings, WHOLE);
    settings.end();
    return { pace: "replay", frames: (context) => replay({ path, track, index, crop }, context) };
  },
};

/**
 * A stream for each kind of track that the file has, pictures in the proportions that they are filmed in.
 *
 * @throws {SensorError} If the file cannot be read, or has no such track.
 */
async function offers(options: Readonly<Record<string, unknown>>): Promise<readonly StreamOffer[]> {
  const settings = new SensorSettings("file", options);
  const path = settings.text("path");
  const index = settings.count("index", 0, 0);
  const { tracks } = await probeMedia(path);
  const kinds = Object.keys(TRACKS) as (keyof typeof TRACKS)[];
  const wanted = settings.has("track") ? [settings.choice("track", kinds)] : kinds;
  const offered = wanted.flatMap((track) => {
    const found = trackAt(tracks, TRACKS[track], index);
    if (found === undefined) return [];
    return [{ description: usualTrack(track, found), options: { ...options, track } }];
  });
  if (offered.length === 0) throw noTrack(wanted.join(" or "), index, path, tracks);
  return offered;
}

function usualTrack(
  track: keyof typeof TRACKS,
  { width, height, frameRate }: MediaTrack,
): StreamOffer["description"] {
  if (track === "sound") return USUAL_SOUND;
  if (track === "subtitles") return USUAL_TEXT;
  const [rows = 0, columns = 0] = USUAL_PICTURES.shape;
  const scale = Math.min(1, columns / width);
  const shape = [Math.round(height * scale) || rows, Math.round(width * scale) || columns];
  return {
    ...USUAL_PICTURES,
    shape,
    rate: frameRate > 0 && frameRate <= FASTEST ? hertz(frameRate) : USUAL_PICTURES.rate,
  };
}

interface FileSettings {
  readonly path: string;
  readonly track: keyof typeof TRACKS | undefined;
  readonly index: number;
  readonly crop: readonly number[];
}

async function* replay(
  { path, track, index, crop }: FileSettings,
  context: SensorContext,
): AsyncGenerator<SensedFrame> {
  const { description, signal } = context;
  try {
    await access(path, constants.R_OK);
  } catch (cause) {
    throw new SensorError("file", `expected a readable file, got ${path}`, { cause });
  }
  const media = await probeMedia(path, signal);
  const kind = track === undefined ? kindFor(description.modality) : TRACKS[track];
  const chosen = trackOf(media, kind, index, path);
  for (const { start, from, to } of replayPasses(context)) {
    const frames =
      kind === "audio"
        ? soundFrames(path, chosen, description, signal)
        : kind === "video"
          ? pictureFrames(path, chosen, crop, description, signal)
          : subtitleFrames(path, chosen, media.origin, description, signal);
    for await (const { offset, payload } of frames)
      if (offset >= from && offset < to) yield { originTime: micros(start + offset), payload };
  }
}

function kindFor(modality: string): TrackKind {
  if (modality === "audio" || modality === "video") return modality;
  if (modality === "text") return "subtitle";
  throw new ConfigError("file", `expected option track for a stream of modality ${modality}`);
}

/** @throws {SensorError} If the file has no such track; says which it has. */
function trackOf({ tracks }: MediaFile, kind: TrackKind, index: number, path: string): MediaTrack {
  const chosen = trackAt(tracks, kind, index);
  if (chosen !== undefined) return chosen;
  throw noTrack(kind, index, path, tracks);
}

function trackAt(
  tracks: readonly MediaTrack[],
  kind: TrackKind,
  index: number,
): MediaTrack | undefined {
  return tracks.filter((track) => track.kind === kind)[index];
}

function noTrack(
  wanted: string,
  index: number,
  path: string,
  tracks: readonly MediaTrack[],
): SensorError {
  const has = tracks.map((track) => `${track.kind} (${track.codec})`).join(", ") || "none";
  return new SensorError("file", `expected ${wanted} track ${index} in ${path}, it has ${has}`);
}
