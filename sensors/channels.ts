import { addAbortSignal, type Readable } from "node:stream";
import {
  ConfigError,
  Dejitter,
  frameBytes,
  hertz,
  type Micros,
  micros,
  periodUs,
  replayPasses,
  type SensedFrame,
  type SensorContext,
  SensorError,
  type SensorKind,
  SensorSettings,
} from "../src/sensing.ts";
import { type LineSource, lineSource, serialLines } from "./lines/lineSource.ts";
import { linesOf } from "./lines/linesOf.ts";
import { packNumbers } from "./lines/packNumbers.ts";
import { regularRate } from "./streams/regularRate.ts";
import { onlyOffer, usualNumbers } from "./streams/usualStreams.ts";

const FORMS = ["lines", "raw"] as const;
type Form = (typeof FORMS)[number];

/**
 * Evenly sampled numbers of one or several channels, without times of their own: EEG, force plates, a stereo line,
 * whatever an amplifier writes.
 *
 * Options: where from, see `lineSource`; `form`: `lines`, one frame each, numbers apart by spaces, commas or
 * semicolons, or `raw`, frames back to back as the stream has them, little endian (lines). A frame of several
 * samples has shape [samples, channels].
 *
 * The stream has a regular rate, and its frames get the times of one: sample n is n periods after the first, by a
 * line through their arrivals that follows the source's own clock (`Dejitter`).
 */
export const channels: SensorKind = {
  name: "channels",
  summary: "Takes evenly sampled channels, as lines or raw, from a program, a socket or a device.",
  offers: async (options) => onlyOffer(usualNumbers("channels", [1], hertz(50)), options),
  devices: serialLines,
  probe: async () => ({
    works: true,
    detail: "reads files, standard input, sockets, serial lines, posts",
  }),
  create(options) {
    const settings = new SensorSettings("channels", options);
    const source = lineSource(settings);
    const form = settings.choice("form", FORMS, "lines");
    settings.end();
    return {
      pace: source.isComplete ? "replay" : "live",
      frames: (context) => (source.isComplete ? replay : sense)(source, form, context),
    };
  },
};

async function* sense(
  source: LineSource,
  form: Form,
  context: SensorContext,
): AsyncGenerator<SensedFrame> {
  const { clock, description, signal } = context;
  const rate = regularRate(description, "channels");
  const span = description.span ?? micros(0);
  const dejitter = new Dejitter({ rate });
  let sequence = 0;
  let last = 0;
  for await (const payload of payloads(await source.open(signal), form, context)) {
    const smooth = dejitter.smooth(sequence++, micros(clock.now() - span));
    last = Math.max(smooth, last + 1);
    yield { originTime: micros(last), payload };
  }
  if (source.isEndless)
    throw new SensorError("channels", `expected ${source.name} to go on, it ended`);
}

async function* replay(
  source: LineSource,
  form: Form,
  context: SensorContext,
): AsyncGenerator<SensedFrame> {
  const period = periodUs(regularRate(context.description, "channels"));
  for (const { start, from, to } of replayPasses(context)) {
    let sequence = 0;
    for await (const payload of payloads(await source.open(context.signal), form, context)) {
      const offset = Math.round(sequence++ * period);
      if (offset >= from && offset < to)
        yield { originTime: micros(start + offset) as Micros, payload };
    }
    if (sequence === 0)
      throw new SensorError("channels", `expected frames in ${source.name}, got none`);
  }
}

async function* payloads(
  input: Readable,
  form: Form,
  { description, signal }: SensorContext,
): AsyncGenerator<Uint8Array> {
  if (form === "raw") {
    const size = frameBytes(description);
    if (size === undefined)
      throw new ConfigError(`stream ${description.stream}`, "expected numbers, got utf8");
    let rest: Buffer = Buffer.alloc(0);
    try {
      for await (const piece of addAbortSignal(signal, input) as AsyncIterable<Buffer>) {
        rest = rest.byteLength === 0 ? piece : Buffer.concat([rest, piece]);
        for (; rest.byteLength >= size; rest = rest.subarray(size)) yield rest.subarray(0, size);
      }
    } catch (cause) {
      signal.throwIfAborted();
      const problem = cause instanceof Error ? cause.message : String(cause);
      throw new SensorError("channels", `expected to read frames, got ${problem}`, { cause });
    }
    return;
  }
  const pack = packNumbers(description);
  let wrong = 0;
  for await (const line of linesOf("channels", input, signal)) {
    if (line.trim() === "") continue;
    const payload = pack(
      line
        .trim()
        .split(/[\s,;]+/)
        .map(Number),
    );
    if (payload !== undefined) yield payload;
    else if (Number.isInteger(Math.log10(++wrong)))
      process.stderr.write(
        `channels: expected ${description.shape.join(" x ") || 1} numbers, got ${line.slice(0, 80)}` +
          ` (${wrong} such)\n`,
      );
  }
}
