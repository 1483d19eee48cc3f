import { DrivenClock } from "../clock/DrivenClock.ts";
import { ConfigError } from "../errors.ts";
import { type Chunk, chunkContent } from "../frames/Chunk.ts";
import type { Label } from "../frames/EventSpan.ts";
import type { StreamDescription } from "../frames/StreamDescription.ts";
import type { LogRecord } from "../log/LogRecord.ts";
import { type Micros, micros, millis, toMillis } from "../units.ts";
import { MAX_CHUNK_FRAMES } from "../wire/WireMessage.ts";
import type { SensorPlan } from "./Feed.ts";
import { HEARTBEAT } from "./hostSensor.ts";
import { Ingest } from "./Ingest.ts";
import { loadSensorKind } from "./loadSensorKind.ts";
import type { SensedFrame } from "./Sensor.ts";

/** Frames of one stream that end within so long of one another share a message, as on the wire. */
const CHUNK_SPAN = millis(2);

/** What is replayed into a log. */
export interface ReplayedRecordsOptions {
  readonly streams: readonly StreamDescription[];
  /** The sensor of each stream, all of them replays; a stream without one stays silent. */
  readonly plans: Readonly<Record<string, SensorPlan>>;
  readonly period: Micros;
  /** Where the replay's start falls. */
  readonly start: Micros;
  /** What is known to have happened, timed from the start. */
  readonly truth?: readonly Label[];
  /** Where to end if the sensors have not; they end it unless given. */
  readonly length?: Micros;
  /** Folder with the project's sensors. */
  readonly sensors: string;
  readonly signal: AbortSignal;
}

interface Source {
  readonly description: StreamDescription;
  readonly frames: AsyncIterator<SensedFrame>;
  next: SensedFrame | undefined;
  sequence: number;
  open: boolean;
}

/**
 * The log that a run would keep of sensors that replay something, without the run: as fast as they give their
 * frames, each on record at the instant at which it ends. The same files give the same records.
 *
 * @throws {ConfigError} If a sensor is live: it has no time but the machine's.
 * @throws {SensorError} If one cannot give what its stream is to be.
 */
export async function* replayedRecords(
  options: ReplayedRecordsOptions,
): AsyncGenerator<LogRecord, void, undefined> {
  const { streams, plans, period, start, truth = [], signal } = options;
  const end = start + (options.length ?? Infinity);
  const clock = new DrivenClock(start);
  const sensed = streams.filter(({ stream }) => stream in plans);
  const sources = await Promise.all(sensed.map((stream) => openSource(stream, clock, options)));
  const ingest = new Ingest({ clock, streams });
  const said: LogRecord[] = [];
  ingest.records.subscribe((record) => said.push(record));
  ingest.configure({ version: 1, origin: start, period });
  for (const { from, to, ...label } of truth)
    ingest.label({ ...label, from: micros(start + from), to: micros(start + to) });
  // A boot id as a sensor of that time would have it.
  const epoch = Math.floor(toMillis(start));
  let beat: number = start;
  try {
    for (const source of sources) source.next = await following(source);
    for (let open = earliest(sources); open !== undefined; open = earliest(sources)) {
      signal.throwIfAborted();
      const due = dueOf(open);
      if (due > end) break;
      for (; beat < due; beat += HEARTBEAT) {
        if (beat > clock.now()) clock.advance(micros(beat));
        for (const { description, next, open: isOpen } of sources)
          if (isOpen && description.rate === "irregular")
            ingest.accept(notice("heartbeat", description, epoch, clock.now(), next));
        ingest.poll();
        yield* said.splice(0);
      }
      if (due > clock.now()) clock.advance(due);
      if (open.next === undefined) {
        open.open = false;
        ingest.accept(notice("bye", open.description, epoch, clock.now(), undefined));
      } else ingest.accept({ kind: "data", chunk: await chunkOf(open, epoch, clock.now()) });
      yield* said.splice(0);
    }
  } finally {
    for (const { frames } of sources) await frames.return?.();
  }
}

async function openSource(
  description: StreamDescription,
  clock: DrivenClock,
  { plans, start, sensors, signal }: ReplayedRecordsOptions,
): Promise<Source> {
  const { stream } = description;
  const plan = plans[stream];
  if (plan === undefined)
    throw new ConfigError(`stream ${stream}`, "expected a sensor that replays it, got none");
  const sensor = (await loadSensorKind(plan.kind, sensors)).create(plan.options);
  if (sensor.pace !== "replay")
    throw new ConfigError(
      `stream ${stream}`,
      `expected a sensor that replays something, got ${plan.kind}, which is live: record it`,
    );
  const context = { description, clock, origin: start, from: start, signal };
  const frames = sensor.frames(context)[Symbol.asyncIterator]();
  return { description, frames, next: undefined, sequence: 0, open: true };
}

async function following({ frames }: Source): Promise<SensedFrame | undefined> {
  const { done, value } = await frames.next();
  // The sensor may use the bytes again.
  return done ? undefined : { ...value, payload: value.payload.slice() };
}

/** Of those that have something left to say, whose turn it is; a farewell comes at once. */
function earliest(sources: readonly Source[]): Source | undefined {
  const open = sources.filter((source) => source.open);
  return open.toSorted((a, b) => dueOf(a) - dueOf(b))[0];
}

function dueOf({ description, next }: Source): Micros {
  return next === undefined ? micros(0) : micros(next.originTime + (description.span ?? 0));
}

/** The next frame, with those that end just after it; moves the source on. */
async function chunkOf(source: Source, epoch: number, now: Micros): Promise<Chunk> {
  const frames: SensedFrame[] = [];
  const firstSequence = source.sequence;
  for (const first = dueOf(source); source.next !== undefined; ) {
    if (frames.length === MAX_CHUNK_FRAMES || dueOf(source) - first > CHUNK_SPAN) break;
    frames.push(source.next);
    source.sequence++;
    source.next = await following(source);
  }
  const content = chunkContent(source.description, frames);
  return { ...content, epoch, firstSequence, arrivalTime: now };
}

function notice(
  kind: "heartbeat" | "bye",
  { site, stream }: StreamDescription,
  epoch: number,
  now: Micros,
  next: SensedFrame | undefined,
) {
  const until = micros(Math.min(now, next?.originTime ?? Infinity));
  return { kind, site, stream, epoch, until, at: now, arrivalTime: now };
}
