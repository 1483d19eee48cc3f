import { SystemClock } from "../clock/SystemClock.ts";
import { ConfigError, type LogError, SensorError } from "../errors.ts";
import type { StreamDescription } from "../frames/StreamDescription.ts";
import { LogWriter } from "../log/LogWriter.ts";
import { Rng } from "../tensor/Rng.ts";
import { type Micros, micros, millis, seconds } from "../units.ts";
import { ClockProber } from "../wire/ClockProber.ts";
import { ControlServer } from "../wire/ControlServer.ts";
import { CurveGuard, type CurveGuardOptions } from "../wire/CurveGuard.ts";
import { Inlet } from "../wire/Inlet.ts";
import type { Feed } from "./Feed.ts";
import { Ingest } from "./Ingest.ts";
import type { RecordingOptions } from "./RunOptions.ts";
import { SensorFleet } from "./SensorFleet.ts";

/** Time the sensors' processes get to come up before a feed starts. */
const HEAD_START = seconds(1.5);
/** The same where what is replayed has to keep in step with what is live: time enough on a busy machine. */
const LONG_HEAD_START = seconds(4);
/** How often silence and the end are looked for. */
const POLL = millis(10);
/** How long the first sensor may take to speak before a recording's length counts all the same. */
const PATIENCE = seconds(20);
/** How long a recording goes on after its feed. */
const WIND_DOWN = millis(500);

/** Whose sensors are recorded: a pipeline's, or any streams on a grid. */
export interface Recordable {
  readonly name: string;
  readonly grid: { readonly period: Micros };
  readonly streams: Readonly<Record<string, { readonly description: StreamDescription }>>;
}

/** What a recording is made of, and where it goes. */
export interface RecordOptions extends Pick<RecordingOptions, "segments" | "keep"> {
  readonly file: string;
  readonly feed: Feed;
  /** Ends so long after the first sensor spoke, or should have; with its feed unless given. */
  readonly length?: Micros;
  /**
   * Ends when these sensors have given all they had, or, where it names none, when all have. A live one that
   * never ends does not hold it up.
   */
  readonly once?: readonly string[];
  readonly without: readonly string[];
  /** Seed of the jitter of restarts. */
  readonly seed: number;
  /** Folder with the compiled sensors. */
  readonly sensors: string;
  /** Where sensors push to; a free port of the loopback interface unless given. */
  readonly bind?: string;
  /** Publishers elsewhere to subscribe to. */
  readonly subscribe?: readonly string[];
  /** Where sensors on other machines find the control path; a free loopback port unless given. */
  readonly control?: string;
  /** Encrypts the wire and lets in only whom it lists; without it no other machine is let in. */
  readonly curve?: CurveGuardOptions;
  /** Allows `bind` and `control` to be reached from other machines without encryption. */
  readonly insecure?: boolean;
  /** Called when the inlet is open, with its address. */
  readonly onOpen?: (endpoint: string) => void;
  /** Called when something went wrong and was dealt with. */
  readonly onProblem?: (text: string) => void;
}

/** What came of a recording. */
export interface RecordSummary {
  readonly records: number;
  /** Frames by stream. */
  readonly frames: Readonly<Record<string, number>>;
  /** Messages that were refused at the door. */
  readonly refused: number;
}

/**
 * Records what a pipeline's sensors say, and nothing else: no model, no rows. On the machine's clock.
 *
 * Ends with its feed, after `length`, or when the signal aborts; the log is closed then.
 *
 * @throws {ConfigError} If an option contradicts the pipeline or an address cannot be used.
 * @throws {LogError} If the file exists, or cannot be written, then or later.
 * @throws {SensorError} If a sensor cannot be started at all.
 */
export async function recordFeed(
  definition: Recordable,
  options: RecordOptions,
  signal: AbortSignal,
): Promise<RecordSummary> {
  const { file, feed, length, without, seed, sensors, bind, subscribe, onProblem } = options;
  const unknown = without.find((stream) => !(stream in definition.streams));
  if (unknown !== undefined)
    throw new ConfigError(
      `pipeline ${definition.name}`,
      `expected one of its streams, got ${unknown}`,
    );
  const clock = new SystemClock();
  const streams = Object.values(definition.streams).map(({ description }) => description);
  const insecure = options.insecure ?? false;
  const stop = new AbortController();
  let failure: LogError | SensorError | undefined;
  const fail = (error: LogError | SensorError): void => {
    failure ??= error;
    stop.abort();
  };
  const frames: Record<string, number> = Object.fromEntries(
    streams.map(({ stream }) => [stream, 0]),
  );
  let refused = 0;
  let records = 0;
  {
    await using log = await LogWriter.open(file, {
      clock,
      onFailure: fail,
      metadata: { pipeline: definition.name, feed: feed.name },
      ...(options.segments !== undefined && { segments: options.segments }),
      ...(options.keep !== undefined && { keep: options.keep }),
    });
    await using guard = options.curve === undefined ? null : await CurveGuard.open(options.curve);
    const secured = guard === null ? { insecure } : { insecure, guard };
    await using inlet = await Inlet.open({
      streams,
      clock,
      ...secured,
      ...(bind !== undefined && { bind }),
      ...(subscribe !== undefined && { connect: subscribe }),
    });
    // Its first sensor may say hello as soon as the server is open.
    let prober: ClockProber | undefined;
    await using control = await ControlServer.open({
      clock,
      clockKind: "system",
      streams,
      beforeWelcome: async (hello) => prober?.greet(hello),
      ...secured,
      ...(options.control !== undefined && { bind: options.control }),
    });
    await using probing = new ClockProber({ server: control, clock });
    prober = probing;
    guard?.refusals.subscribe(({ problem }) => onProblem?.(problem));
    control.refusals.subscribe(({ problem }) => onProblem?.(problem));
    const rng = Rng.fromSeed(seed);
    await using fleet = new SensorFleet({
      streams,
      feed,
      without,
      loop: false,
      folder: sensors,
      connect: inlet.endpoint,
      control: control.endpoint,
      ...(guard !== null && { curve: guard.issue("sensors of this recording") }),
      random: () => rng.uniform(),
    });
    const ingest = new Ingest({ clock, streams });
    probing.waves.subscribe((wave) => ingest.measured(wave));
    ingest.records.subscribe((record) => {
      log.append(record);
      records++;
      if (record.kind === "DATA")
        frames[record.chunk.stream] =
          (frames[record.chunk.stream] ?? 0) + record.chunk.originTimes.length;
    });
    let spoke: Micros | undefined;
    inlet.deliveries.subscribe({
      next: (delivery) => {
        const { message } = delivery;
        spoke ??= clock.now();
        ingest.accept(message);
        fleet.heard(message);
        delivery.release();
      },
      error: (cause: unknown) =>
        fail(
          cause instanceof SensorError ? cause : new SensorError("inlet", "it failed", { cause }),
        ),
    });
    inlet.refusals.subscribe(({ problem }) => {
      refused++;
      onProblem?.(problem);
    });
    fleet.news.subscribe(({ stream, status }) => {
      if (status.state === "crashed") onProblem?.(`${stream}: ${status.reason}`);
      if (status.state === "failed") fail(new SensorError(`sensor of ${stream}`, status.reason));
    });
    options.onOpen?.(inlet.endpoint);

    const { once } = options;
    const origin = micros(clock.now() + (once === undefined ? HEAD_START : LONG_HEAD_START));
    ingest.configure({ version: 1, origin, period: definition.grid.period });
    for (const { from, to, ...label } of feed.truth)
      ingest.label({ ...label, from: micros(origin + from), to: micros(origin + to) });
    // Of what is there already nothing is left out, however late its sensor is.
    const from = new Map((once ?? []).map((stream) => [stream, origin]));
    fleet.start(origin, { from, unplugged: new Set(), ended: new Set() });
    const ends = (): number => {
      if (length !== undefined) return Math.max(origin, spoke ?? origin + PATIENCE) + length;
      return feed.duration === undefined ? Infinity : origin + feed.duration + WIND_DOWN;
    };
    const isOver = (): boolean => {
      if (length === undefined && once !== undefined) return fleet.hasEnded(once);
      return clock.now() >= ends() && (length !== undefined || fleet.finished);
    };
    const ended = AbortSignal.any([signal, stop.signal]);
    while (!ended.aborted && !isOver()) {
      await clock.until(micros(clock.now() + POLL), ended).catch((cause: unknown) => {
        if (!ended.aborted) throw cause;
      });
      ingest.poll();
    }
  }
  if (failure !== undefined) throw failure;
  return { records, frames, refused };
}
