import {
  hertz,
  micros,
  type SensedFrame,
  type SensorContext,
  type SensorKind,
  type SensorProbe,
  SensorSettings,
} from "../src/sensing.ts";
import { inputArguments, mediaBlocks, probeFfmpeg } from "./media/ffmpeg.ts";
import { type MediaInput, mediaInput } from "./media/mediaInput.ts";
import { cropOf, pictureFilters } from "./media/pictureFrames.ts";
import { regularRate } from "./streams/regularRate.ts";
import { onlyOffer, USUAL_PICTURES } from "./streams/usualStreams.ts";

/** What a screen shows, which moves less than what a camera sees, and is wider. */
const USUAL = { ...USUAL_PICTURES, stream: "screen", shape: [90, 160], rate: hertz(10) };

/** The whole screen. */
const WHOLE = [0, 0, 1, 1];

/**
 * This machine's screen, small, as ffmpeg grabs it.
 *
 * Options: `device` (X11's `$DISPLAY`, `:0.0`, or `:0.0+100,200` for a corner elsewhere) with `format` (`x11grab` on
 * Linux, `avfoundation`, `gdigrab`); `crop`, left, top, width and height of the part as fractions. The stream is u8
 * [rows, columns], grey, or [rows, columns, 3], red, green and blue, at a regular rate. Wayland shows X11 programs
 * only what is theirs.
 */
export const screen: SensorKind = {
  name: "screen",
  summary: "Watches this machine's screen through ffmpeg.",
  devices: async () => {
    const display = process.env["DISPLAY"] ?? "";
    return display === "" ? [] : [{ name: "X display", options: { device: display } }];
  },
  probe: () => probeFfmpeg(probeDisplay),
  offers: async (options) => onlyOffer(USUAL, options),
  create(options) {
    const settings = new SensorSettings("screen", options);
    const input = mediaInput(settings, usualScreen());
    const crop = cropOf(settings, WHOLE);
    settings.end();
    return { pace: "live", frames: (context) => watch(input, crop, context) };
  },
};

async function* watch(
  input: MediaInput,
  crop: readonly number[],
  { description, clock, signal }: SensorContext,
): AsyncGenerator<SensedFrame> {
  const rate = regularRate(description, "screen");
  const { filters, bytes } = pictureFilters(description, crop);
  const options = ["-framerate", String(rate), ...(input.options ?? [])];
  const pictures = mediaBlocks({
    where: "screen",
    endless: input.format !== "lavfi",
    arguments: [
      ...inputArguments(input.format === "lavfi" ? input : { ...input, options }),
      ...["-an", "-vf", [...filters, `fps=${rate}`].join(","), "-f", "rawvideo"],
    ],
    blockBytes: bytes,
    signal,
  });
  let last = Number.NEGATIVE_INFINITY;
  for await (const payload of pictures) {
    last = Math.max(clock.now(), last + 1);
    yield { originTime: micros(last), payload };
  }
}

function usualScreen(): MediaInput | undefined {
  if (process.platform === "darwin") return { format: "avfoundation", source: "Capture screen 0:" };
  if (process.platform === "win32") return { format: "gdigrab", source: "desktop" };
  return { format: "x11grab", source: process.env["DISPLAY"] ?? ":0.0" };
}

async function probeDisplay(): Promise<SensorProbe> {
  if (process.platform !== "linux") return { works: true, detail: "through ffmpeg" };
  const display = process.env["DISPLAY"];
  if (display !== undefined && display !== "") return { works: true, detail: `display ${display}` };
  return {
    works: false,
    detail: "no X display",
    fix: "start it in a desktop session, set DISPLAY, or give the sensor a device",
  };
}
