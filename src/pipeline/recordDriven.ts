import { DrivenClock } from "../clock/DrivenClock.ts";
import { ConfigError } from "../errors.ts";
import type { StreamDescription } from "../frames/StreamDescription.ts";
import { LogWriter } from "../log/LogWriter.ts";
import { type Micros, micros, millis, seconds } from "../units.ts";
import { MAX_CHUNK_FRAMES } from "../wire/WireMessage.ts";
import type { PipelineDefinition } from "./definePipeline.ts";
import { Ingest } from "./Ingest.ts";
import { loadSensorKind } from "./loadSensorKind.ts";
import type { RecordOptions, RecordSummary } from "./recordFeed.ts";
import type { SensedFrame } from "./Sensor.ts";

/** Where a driven recording's time starts: any instant does, and a fixed one makes two byte-identical. */
const START = seconds(1_767_225_600);
/** How long a recording goes on after its feed. */
const WIND_DOWN = millis(500);
/** How much of the recording's time is written at once. */
const FLUSH = seconds(10);
/** The one boot of every sensor. */
const EPOCH = 1;

/** What a recording as fast as it goes is made of; see `RecordOptions`. */
export type RecordDrivenOptions = Pick<
  RecordOptions,
  "file" | "feed" | "length" | "without" | "sensors" | "segments" | "keep"
> & {
  /** Called now and then with how much of the feed is recorded, in [0, 1]. */
  readonly onProgress?: (share: number) => void;
};

/**
 * Records a replaying feed as fast as it goes: the sensors run in this process, on a clock of the
 * recording's own, and what they give is taken in as if it had come by wire at its very moment.
 *
 * The same feed gives the same log, byte for byte; it is the log of a run at that pace.
 *
 * @throws {ConfigError} If the feed has no end and no length is given, or a sensor is live.
 * @throws {LogError} If the file exists, or cannot be written, then or later.
 */
export async function recordDriven(
  definition: PipelineDefinition,
  options: RecordDrivenOptions,
  signal?: AbortSignal,
): Promise<RecordSummary> {
  const { file, feed, without, onProgress } = options;
  const where = `pipeline ${definition.name}`;
  const unknown = without.find((stream) => !(stream in definition.streams));
  if (unknown !== undefined)
    throw new ConfigError(where, `expected one of its streams, got ${unknown}`);
  const length = options.length ?? feed.duration;
  if (length === undefined)
    throw new ConfigError(where, "expected a feed with an end, or a length, to record in one go");
  const clock = new DrivenClock(START);
  const streams = Object.values(definition.streams).map(({ description }) => description);
  const stop = new AbortController();
  const sources: Source[] = [];
  for (const description of streams) {
    const plan = feed.sensors[description.stream];
    if (plan === undefined || without.includes(description.stream)) continue;
    const kind = await loadSensorKind(plan.kind, options.sensors);
    const sensor = kind.create(plan.options);
    if (sensor.pace === "live")
      throw new ConfigError(
        `stream ${description.stream}`,
        "expected a replay for a recording as fast as it goes, got a live sensor",
      );
    const context = { description, clock, origin: START, from: START, signal: stop.signal };
    sources.push(new Source(description, sensor.frames(context)));
  }
  const frames = Object.fromEntries(streams.map(({ stream }) => [stream, 0]));
  let records = 0;
  let failure: Error | undefined;
  {
    await using log = await LogWriter.open(file, {
      clock,
      onFailure: (error) => {
        failure = error;
      },
      metadata: { pipeline: definition.name, feed: feed.name },
      chunkSpan: FLUSH,
      // By this clock an hour takes seconds: a sync each second would be all it does.
      syncInterval: seconds(3_600),
      ...(options.segments !== undefined && { segments: options.segments }),
      ...(options.keep !== undefined && { keep: options.keep }),
    });
    const ingest = new Ingest({ clock, streams });
    ingest.records.subscribe((record) => {
      log.append(record);
      records++;
      if (record.kind === "DATA")
        frames[record.chunk.stream] =
          (frames[record.chunk.stream] ?? 0) + record.chunk.originTimes.length;
    });
    const { period } = definition.grid;
    ingest.configure({ version: 1, origin: START, period });
    for (const { from, to, ...label } of feed.truth)
      ingest.label({ ...label, from: micros(START + from), to: micros(START + to) });
    const end = START + length + WIND_DOWN;
    let flushAt = START + FLUSH;
    while (clock.now() < end && failure === undefined && signal?.aborted !== true) {
      clock.advance(micros(clock.now() + period));
      for (const source of sources) await source.tell(clock.now(), ingest);
      ingest.poll();
      if (clock.now() < flushAt) continue;
      flushAt = clock.now() + FLUSH;
      await log.flush();
      onProgress?.(Math.min((clock.now() - START) / (end - START), 1));
    }
    stop.abort();
  }
  for (const source of sources) await source.close();
  if (failure !== undefined) throw failure;
  return { records, frames, refused: 0 };
}

/** One sensor of the recording, and the frame of it that is not due yet. */
class Source {
  readonly #description: StreamDescription;
  readonly #frames: AsyncIterator<SensedFrame>;
  #next: SensedFrame | undefined;
  #sequence = 0;
  #ended = false;
  #begun = false;

  constructor(description: StreamDescription, frames: AsyncIterable<SensedFrame>) {
    this.#description = description;
    this.#frames = frames[Symbol.asyncIterator]();
  }

  /** Tells all that is due by `now`, then that it is alive, or at its end. */
  async tell(now: Micros, ingest: Ingest): Promise<void> {
    if (this.#ended) return;
    if (!this.#begun) await this.#advance();
    this.#begun = true;
    const { site, stream, span = 0 } = this.#description;
    let due: SensedFrame[] = [];
    while (this.#next !== undefined && this.#next.originTime + span <= now) {
      // Sensors may use one buffer for all their frames.
      due.push({ ...this.#next, payload: this.#next.payload.slice() });
      if (due.length === MAX_CHUNK_FRAMES) {
        this.#send(due, now, ingest);
        due = [];
      }
      await this.#advance();
    }
    if (due.length > 0) this.#send(due, now, ingest);
    const notice = { site, stream, epoch: EPOCH, at: now, arrivalTime: now };
    this.#ended = this.#next === undefined;
    const until = micros(Math.min(now, this.#next?.originTime ?? now));
    ingest.accept({ ...notice, kind: this.#ended ? "bye" : "heartbeat", until });
  }

  async close(): Promise<void> {
    await this.#frames.return?.();
  }

  async #advance(): Promise<void> {
    const { done, value } = await this.#frames.next();
    this.#next = done === true ? undefined : value;
  }

  #send(frames: readonly SensedFrame[], now: Micros, ingest: Ingest): void {
    const { site, stream, dtype, shape } = this.#description;
    const payload = new Uint8Array(frames.reduce((sum, frame) => sum + frame.payload.length, 0));
    let at = 0;
    for (const frame of frames) {
      payload.set(frame.payload, at);
      at += frame.payload.length;
    }
    ingest.accept({
      kind: "data",
      chunk: {
        site,
        stream,
        epoch: EPOCH,
        firstSequence: this.#sequence,
        originTimes: frames.map(({ originTime }) => originTime),
        arrivalTime: now,
        dtype,
        shape,
        ...(dtype === "utf8" && { lengths: frames.map((frame) => frame.payload.length) }),
        payload,
      },
    });
    this.#sequence += frames.length;
  }
}
