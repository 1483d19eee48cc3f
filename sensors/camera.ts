import { readdir } from "node:fs/promises";
import {
  micros,
  millis,
  periodUs,
  type SensedFrame,
  type SensorContext,
  type SensorKind,
  type SensorProbe,
  SensorSettings,
} from "../src/sensing.ts";
import { videoDevices } from "./media/devices.ts";
import { inputArguments, isEndless, mediaBlocks, probeFfmpeg } from "./media/ffmpeg.ts";
import { type MediaInput, mediaInput } from "./media/mediaInput.ts";
import { cropOf, pictureFilters } from "./media/pictureFrames.ts";
import { regularRate } from "./streams/regularRate.ts";
import { onlyOffer, USUAL_PICTURES } from "./streams/usualStreams.ts";

/** Each platform's way to a camera, in ffmpeg's words. */
const DEFAULTS: Readonly<Partial<Record<NodeJS.Platform, MediaInput>>> = {
  linux: { format: "v4l2", source: "/dev/video0" },
  darwin: { format: "avfoundation", source: "default", options: ["-framerate", "30"] },
};

/** The whole picture: left, top, width and height as fractions. */
const WHOLE = [0, 0, 1, 1];

/**
 * A camera, or anything else that ffmpeg sees, as small pictures of it or of a part of it.
 *
 * Options: `device` (`/dev/video0`) with `format` (`v4l2`...), or `input`, a file or an address; `crop`,
 * left, top, width and height of the part as fractions of the picture (all of it); `delayMs`, how long a
 * picture takes to get from the light to us (0). The stream is u8 [rows, columns], grey, or [rows, columns, 3], red,
 * green and blue, at a regular rate.
 */
export const camera: SensorKind = {
  name: "camera",
  summary: "Watches a camera or a network stream through ffmpeg.",
  devices: () => videoDevices(),
  probe: () => probeFfmpeg(probeDevice),
  argument: "input",
  offers: async (options) => onlyOffer(USUAL_PICTURES, options),
  create(options) {
    const settings = new SensorSettings("camera", options);
    const input = mediaInput(settings, DEFAULTS[process.platform]);
    const crop = cropOf(settings, WHOLE);
    const delay = millis(settings.number("delayMs", 0));
    settings.end();
    return { pace: "live", frames: (context) => watch(input, crop, delay, context) };
  },
};

async function* watch(
  input: MediaInput,
  crop: readonly number[],
  delay: number,
  { description, clock, signal }: SensorContext,
): AsyncGenerator<SensedFrame> {
  const rate = regularRate(description, "camera");
  const { filters, bytes } = pictureFilters(description, crop);
  const pictures = mediaBlocks({
    where: "camera",
    endless: isEndless(input),
    arguments: [
      ...inputArguments(input),
      ...["-an", "-vf", [...filters, `fps=${rate}`].join(","), "-f", "rawvideo"],
    ],
    blockBytes: bytes,
    signal,
  });
  let last = -Infinity;
  let arrived: number = Number.NEGATIVE_INFINITY;
  let isOfNow = !isEndless(input);
  for await (const payload of pictures) {
    const now = clock.now();
    // What piled up while a stream was opened comes at once, and first: none of it is of now.
    isOfNow ||= arrived > 0 && now - arrived > periodUs(rate) / 2;
    arrived = now;
    if (!isOfNow) continue;
    // Pictures that come at once were not taken at once, but two with one time would be one too many.
    last = Math.max(micros(now - delay), last + 1);
    yield { originTime: micros(last), payload };
  }
}

async function probeDevice(): Promise<SensorProbe> {
  if (process.platform !== "linux") return { works: true, detail: "through ffmpeg" };
  const devices = (await readdir("/dev")).filter((name) => /^video\d+$/.test(name));
  if (devices.length > 0) return { works: true, detail: devices.join(", ") };
  return {
    works: false,
    detail: "no camera",
    fix: "plug one in, or give the sensor an input (a file, an address)",
  };
}
