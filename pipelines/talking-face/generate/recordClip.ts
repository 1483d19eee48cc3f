import {
  ConfigError,
  DrivenClock,
  type LogRecord,
  LogWriter,
  type Micros,
  micros,
  millis,
  type StreamDescription,
} from "../../../src/index.ts";
import { MOUTH_PIXELS, ROW_MS, type SpeechClip } from "../corpus/SpeechClip.ts";

/** Where a clip goes as a log, and how its streams are described there. */
export interface RecordClipOptions {
  readonly path: string;
  /** Descriptions of `audio`, `video` and `text`: those of the pipeline that will replay it. */
  readonly streams: readonly StreamDescription[];
  /** Grid period. */
  readonly period: Micros;
  /** Instant at which the recording starts. */
  readonly start: Micros;
  /** What the file says about itself. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** Sound travels in blocks of 10 ms. */
const BLOCK_MS = 10;
const BLOCK_SAMPLES = 160;

/** From a frame's end to its arrival: what a sensor on the same desk takes. */
const TRAVEL = millis(2);

/** Records due at one instant keep this order. */
type Due = readonly [due: Micros, record: (logTime: Micros) => LogRecord];

/**
 * Writes a clip as a log of its streams, as if it had been sensed live: sound every 10 ms, a picture
 * every 40 ms, a caption at each word's onset, and the word as a truth label when it has been said.
 *
 * The same clip gives the same file, byte for byte.
 *
 * @throws {ConfigError} If a stream has no description.
 * @throws {LogError} If the file cannot be written.
 */
export async function recordClip(clip: SpeechClip, options: RecordClipOptions): Promise<void> {
  const { path, start, metadata } = options;
  const records: Due[] = [
    [
      start,
      (logTime) => ({
        kind: "CONFIG",
        logTime,
        version: 1,
        origin: start,
        period: options.period,
        streams: options.streams,
      }),
    ],
    ...audioOf(clip, options),
    ...videoOf(clip, options),
    ...captionsOf(clip, options),
    ...labelsOf(clip, options),
    ...ends(clip, options),
  ];
  // A stable sort: what is due at the same instant stays in the order above.
  records.sort(([a], [b]) => a - b);

  const clock = new DrivenClock(start);
  let failure: Error | undefined;
  const writer = await LogWriter.open(path, {
    clock,
    existing: "replace",
    metadata,
    onFailure: (error) => {
      failure = error;
    },
  });
  for (const [due, record] of records) {
    clock.advance(due);
    writer.append(record(due));
  }
  await writer.close();
  if (failure !== undefined) throw failure;
}

function audioOf({ pcm }: SpeechClip, options: RecordClipOptions): Due[] {
  const bytes = new Uint8Array(pcm.buffer, pcm.byteOffset, pcm.byteLength);
  const blocks = Math.floor(pcm.length / BLOCK_SAMPLES);
  return Array.from({ length: blocks }, (_, block) => {
    const payload = bytes.subarray(2 * block * BLOCK_SAMPLES, 2 * (block + 1) * BLOCK_SAMPLES);
    const originTime = at(options, block * BLOCK_MS);
    return dataDue("audio", block, originTime, millis(BLOCK_MS), payload, options);
  });
}

function videoOf({ mouth }: SpeechClip, options: RecordClipOptions): Due[] {
  return Array.from({ length: mouth.length / MOUTH_PIXELS }, (_, frame) => {
    const payload = mouth.subarray(frame * MOUTH_PIXELS, (frame + 1) * MOUTH_PIXELS);
    return dataDue("video", frame, at(options, frame * ROW_MS), millis(0), payload, options);
  });
}

/** Words as they come, and between them the promise that none came. */
function captionsOf({ words, durationMs }: SpeechClip, options: RecordClipOptions): Due[] {
  const captions = words.map(({ label, fromMs, toMs }, index) => {
    const caption = { text: label, duration: millis(toMs - fromMs) };
    const payload = new TextEncoder().encode(JSON.stringify(caption));
    return dataDue("text", index, at(options, fromMs), millis(0), payload, options);
  });
  const beats = Array.from({ length: durationMs / ROW_MS }, (_, beat): Due => {
    const until = at(options, beat * ROW_MS);
    return [
      micros(until + TRAVEL),
      (logTime) => ({ kind: "HEARTBEAT", logTime, stream: "text", until }),
    ];
  });
  return [...captions, ...beats];
}

function labelsOf({ words }: SpeechClip, options: RecordClipOptions): Due[] {
  return words.map(({ label, slot, fromMs, toMs }): Due => {
    const [from, to] = [at(options, fromMs), at(options, toMs)];
    return [
      to,
      (logTime) => ({ kind: "LABEL", logTime, label: { label, from, to, by: "truth", slot } }),
    ];
  });
}

function ends({ durationMs }: SpeechClip, options: RecordClipOptions): Due[] {
  return ["audio", "video", "text"].map((stream): Due => {
    return [
      micros(at(options, durationMs) + TRAVEL),
      (logTime) => ({ kind: "CLOSED", logTime, stream }),
    ];
  });
}

function dataDue(
  stream: string,
  sequence: number,
  originTime: Micros,
  span: Micros,
  payload: Uint8Array,
  options: RecordClipOptions,
): Due {
  const description = describe(stream, options);
  const arrivalTime = micros(originTime + span + TRAVEL);
  return [
    arrivalTime,
    (logTime) => ({
      kind: "DATA",
      logTime,
      chunk: {
        site: description.site,
        stream,
        epoch: 1,
        firstSequence: sequence,
        originTimes: [originTime],
        arrivalTime,
        dtype: description.dtype,
        shape: description.shape,
        ...(description.dtype === "utf8" && { lengths: [payload.length] }),
        payload,
      },
    }),
  ];
}

function describe(stream: string, { streams, path }: RecordClipOptions): StreamDescription {
  const description = streams.find((candidate) => candidate.stream === stream);
  if (description === undefined)
    throw new ConfigError(`recording ${path}`, `expected a description of ${stream}, got none`);
  return description;
}

function at({ start }: RecordClipOptions, ms: number): Micros {
  return micros(start + millis(ms));
}
