import { ConfigError } from "../errors.ts";
import { chunkContent } from "../frames/Chunk.ts";
import { DTYPE_BYTES } from "../frames/DType.ts";
import type { Label } from "../frames/EventSpan.ts";
import { defineStream, frameBytes, type StreamDescription } from "../frames/StreamDescription.ts";
import type { LogRecord } from "../log/LogRecord.ts";
import type { SensedFrame } from "../pipeline/Sensor.ts";
import { hertz, type Micros, micros, millis, periodUs } from "../units.ts";
import { DESCRIPTION, PERIOD, START } from "./exportMcap.ts";
import type { ForeignMessage } from "./foreignMessage.ts";
import { packNumbers } from "./packNumbers.ts";
import { readMcap, type UnreadTopics } from "./readMcap.ts";

/** Samples in a block of sound where nobody says: 10 ms. */
const BLOCKS_PER_SECOND = 100;
/** How even times must be for a rate: largest departure from the middle step, as a share of it. */
const EVEN = 0.5;
const USUAL_PERIOD = millis(40);

/** Another program's recording as one of ours. */
export interface ImportedMcap {
  readonly streams: readonly StreamDescription[];
  readonly labels: readonly Label[];
  readonly records: AsyncIterable<LogRecord>;
  /** Topics that could not be read, and what is on them. */
  readonly unread: UnreadTopics;
}

interface Found {
  readonly stream: string;
  readonly described: StreamDescription | undefined;
  readonly first: ForeignMessage;
  readonly times: number[];
}

/** Times of a topic that its rate is judged by. */
const JUDGED = 2_000;

/**
 * Looks into an MCAP file, and gives it as a log of ours: pictures, sound, text, and the numbers of whatever
 * else it holds. What we exported ourselves comes back as it was, frame by frame and label by label.
 *
 * @param site Where the streams belong.
 * @throws {ConfigError} If there is nothing in it that we know.
 * @throws {LogError} If it is no MCAP file.
 */
export async function importMcap(path: string, site: string): Promise<ImportedMcap> {
  const unread: UnreadTopics = new Map();
  const found = new Map<string, Found>();
  const labels: Label[] = [];
  const told = new Map<string, string>();
  let earliest = Infinity;
  for await (const { topic, metadata, message } of readMcap(path, unread, told)) {
    if (message.kind === "label") {
      labels.push(message.label);
      continue;
    }
    earliest = Math.min(earliest, message.time);
    const before = found.get(topic);
    if (before === undefined)
      found.set(topic, {
        stream: streamName(topic, found),
        described: describedIn(metadata),
        first: message,
        times: [message.time],
      });
    else if (before.times.length < JUDGED) before.times.push(message.time);
  }
  const streams = new Map(
    [...found].map(([topic, of]) => [topic, of.described ?? describe(of, site)]),
  );
  if (streams.size === 0)
    throw new ConfigError(
      path,
      `expected streams that we know, got ${[...unread].map(([topic, what]) => `${topic} (${what})`).join(", ") || "none"}`,
    );
  const origin = micros(Number(told.get(START) ?? earliest));
  const period = micros(Number(told.get(PERIOD) ?? USUAL_PERIOD));
  return {
    streams: [...streams.values()],
    labels,
    records: recordsOf(path, { streams, labels, origin, period }),
    unread,
  };
}

interface Plan {
  readonly streams: ReadonlyMap<string, StreamDescription>;
  readonly labels: readonly Label[];
  readonly origin: Micros;
  readonly period: Micros;
}

async function* recordsOf(
  path: string,
  { streams, labels, origin, period }: Plan,
): AsyncGenerator<LogRecord, void, undefined> {
  let logTime: Micros = origin;
  const epoch = Math.floor(origin / 1e3);
  const sequences = new Map<string, number>();
  yield { kind: "CONFIG", logTime, version: 1, origin, period, streams: [...streams.values()] };
  for (const label of labels) yield { kind: "LABEL", logTime, label };
  for await (const { topic, message } of readMcap(path, new Map())) {
    const description = streams.get(topic);
    if (description === undefined || message.kind === "label") continue;
    const { stream, span = 0 } = description;
    const frames = framesFrom(message, description);
    const [first] = frames;
    const last = frames.at(-1);
    if (first === undefined || last === undefined) continue;
    const firstSequence = sequences.get(stream) ?? 0;
    sequences.set(stream, firstSequence + frames.length);
    // Messages are in the order in which they came, or nearly; a log never goes back.
    logTime = micros(Math.max(logTime, last.originTime + span));
    yield {
      kind: "DATA",
      logTime,
      chunk: {
        ...chunkContent(description, frames),
        ...{ epoch, firstSequence, arrivalTime: logTime },
      },
    };
  }
  for (const { stream } of streams.values()) yield { kind: "CLOSED", logTime, stream };
}

/** A message as frames of its stream; none where it is not like the stream's first. */
function framesFrom(
  message: ForeignMessage,
  description: StreamDescription,
): readonly SensedFrame[] {
  const { dtype, rate } = description;
  const size = frameBytes(description) ?? 0;
  switch (message.kind) {
    case "picture":
      return message.bytes.byteLength === size
        ? [{ originTime: message.time, payload: message.bytes }]
        : [];
    case "text": {
      const { text, duration, time } = message;
      return [{ originTime: time, payload: Buffer.from(JSON.stringify({ text, duration })) }];
    }
    case "numbers": {
      if (dtype === "utf8" || message.values.length * DTYPE_BYTES[dtype] !== size) return [];
      return [{ originTime: message.time, payload: packNumbers(message.values, dtype) }];
    }
    case "sound": {
      const step = rate === "irregular" ? 0 : periodUs(rate);
      const blocks = Math.floor(message.bytes.byteLength / size);
      return Array.from({ length: blocks }, (_, block) => ({
        originTime: micros(message.time + block * step),
        payload: message.bytes.subarray(block * size, (block + 1) * size),
      }));
    }
    case "label":
      return [];
  }
}

function describedIn(metadata: ReadonlyMap<string, string>): StreamDescription | undefined {
  const text = metadata.get(DESCRIPTION);
  if (text === undefined) return undefined;
  try {
    return defineStream(JSON.parse(text) as StreamDescription);
  } catch {
    return undefined; // somebody else's idea of a description: told by the messages instead
  }
}

function describe({ stream, first, times }: Found, site: string): StreamDescription {
  const rate = rateOf(times);
  const usual = {
    ...{ site, stream, lateness: micros(0) },
    idleTimeout: millis(rate === "irregular" ? 1_000 : Math.max(250, 5_000 / rate)),
  };
  switch (first.kind) {
    case "sound":
      return {
        ...{ ...usual, modality: "audio", dtype: "i16", unit: "PCM" },
        shape: [Math.round(first.rate / BLOCKS_PER_SECOND)],
        rate: hertz(BLOCKS_PER_SECOND),
        span: millis(1_000 / BLOCKS_PER_SECOND),
      };
    case "picture": {
      const { shape } = first;
      const unit = shape.length === 3 ? "RGB" : "grey level";
      return { ...usual, modality: "video", dtype: "u8", shape, rate, unit };
    }
    case "text":
      return {
        ...{ ...usual, modality: "text", dtype: "utf8", shape: [] },
        ...{ rate: "irregular" as const, unit: "word" },
      };
    case "numbers":
      return {
        ...{ ...usual, modality: "sensor", dtype: "f64", unit: "" },
        ...{ shape: [first.values.length], rate },
      };
    case "label":
      throw new ConfigError("import", "expected a stream, got a label");
  }
}

/** Steps a second where the times are even, to four digits. */
function rateOf(times: readonly number[]): StreamDescription["rate"] {
  const steps = times.slice(1).map((time, at) => time - (times[at] ?? time));
  const middle = steps.toSorted((a, b) => a - b)[steps.length >> 1] ?? 0;
  const uneven = steps.filter((step) => Math.abs(step - middle) > EVEN * middle).length;
  // A few steps may be gaps.
  if (!(middle > 0) || steps.length < 3 || uneven > 0.05 * steps.length) return "irregular";
  return hertz(Number((1e6 / middle).toPrecision(4)));
}

function streamName(topic: string, found: ReadonlyMap<string, Found>): string {
  const name =
    topic
      .replace(/^\/+/, "")
      .replaceAll(/[^A-Za-z0-9._-]+/g, ".")
      .slice(0, 60) || "topic";
  const taken = [...found.values()].filter(({ stream }) => stream === name).length;
  return taken === 0 ? name : `${name}-${found.size + 1}`;
}
