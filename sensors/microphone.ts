import { readdir } from "node:fs/promises";

import {
  ConfigError,
  micros,
  millis,
  periodUs,
  type SensedFrame,
  type SensorContext,
  type SensorKind,
  type SensorProbe,
  SensorSettings,
} from "../src/sensing.ts";
import { soundDevices } from "./media/devices.ts";
import { inputArguments, isEndless, mediaBlocks, probeFfmpeg } from "./media/ffmpeg.ts";
import { type MediaInput, mediaInput } from "./media/mediaInput.ts";
import { SoundStamps } from "./media/SoundStamps.ts";
import { onlyOffer, USUAL_SOUND } from "./streams/usualStreams.ts";

/** Each platform's way to a microphone, in ffmpeg's words. */
const DEFAULTS: Readonly<Partial<Record<NodeJS.Platform, MediaInput>>> = {
  linux: { format: "alsa", source: "default" },
  darwin: { format: "avfoundation", source: ":default" },
};

/**
 * A microphone, or anything else that ffmpeg hears.
 *
 * Options: `device` (`default`, `hw:1`, or a PulseAudio source) with `format` (`alsa`, `pulse`...), or
 * `input`, a file or an address; `delayMs`, how long sound takes to get from the air to us (0). The
 * stream is i16, one channel; its rate and shape say how many samples a second there are.
 */
export const microphone: SensorKind = {
  name: "microphone",
  summary: "Listens to a microphone, a file or a network stream through ffmpeg.",
  devices: soundDevices,
  probe: () => probeFfmpeg(probeDevice),
  argument: "input",
  offers: async (options) => onlyOffer(USUAL_SOUND, options),
  create(options) {
    const settings = new SensorSettings("microphone", options);
    const input = mediaInput(settings, DEFAULTS[process.platform]);
    const delay = millis(settings.number("delayMs", 0));
    settings.end();
    return {
      pace: "live",
      frames: (context) => listen(input, delay, context),
    };
  },
};

async function* listen(
  input: MediaInput,
  delay: number,
  { description, clock, origin, signal }: SensorContext,
): AsyncGenerator<SensedFrame> {
  const { rate, dtype, shape, stream } = description;
  const samples = shape.reduce((product, size) => product * size, 1);
  if (rate === "irregular" || dtype !== "i16")
    throw new ConfigError(
      `stream ${stream}`,
      `expected i16 at a regular rate for microphone, got ${dtype} ${rate}`,
    );
  const stamps = new SoundStamps(origin, micros(periodUs(rate)));
  const blocks = mediaBlocks({
    where: "microphone",
    endless: isEndless(input),
    arguments: [
      ...inputArguments(input),
      ...["-vn", "-ac", "1", "-ar", String(Math.round(samples * rate)), "-f", "s16le"],
    ],
    blockBytes: 2 * samples,
    signal,
  });
  for await (const payload of blocks) {
    const originTime = stamps.stamp(micros(clock.now() - delay));
    if (originTime !== undefined) yield { originTime, payload };
  }
}

async function probeDevice(): Promise<SensorProbe> {
  if (process.platform !== "linux") return { works: true, detail: "through ffmpeg" };
  // ALSA's capture devices: pcmC0D0c, "c" for capture.
  const devices = await readdir("/dev/snd").catch(() => []);
  const captures = devices.filter((name) => /^pcm.*c$/.test(name));
  if (captures.length > 0) return { works: true, detail: captures.join(", ") };
  return {
    works: false,
    detail: "no microphone",
    fix: "plug one in, or give the sensor an input (a file, an address, format pulse)",
  };
}
