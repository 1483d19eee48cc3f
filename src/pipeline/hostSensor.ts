import type { Clock } from "../clock/Clock.ts";
import { ConfigError } from "../errors.ts";
import type { StreamDescription } from "../frames/StreamDescription.ts";
import { type Micros, micros, millis } from "../units.ts";
import type { ClockKind } from "../wire/controlMessage.ts";
import type { Outlet } from "../wire/Outlet.ts";
import type { SensedFrame, Sensor, SensorContext } from "./Sensor.ts";

/** How often a stream that may have nothing to say tells that it is alive. */
export const HEARTBEAT = millis(40);

export interface SensorHostOptions {
  readonly sensor: Sensor;
  readonly description: StreamDescription;
  /** Where its frames go. Borrowed: the caller closes it. */
  readonly outlet: Outlet;
  readonly clock: Clock;
  /** Whether that clock runs by itself or is driven by the pipeline's ticks. */
  readonly clockKind: ClockKind;
  /** Where offset 0 of something replayed falls. */
  readonly origin: Micros;
  /** Time after which something replayed starts over. */
  readonly repeat?: Micros;
  /** Earliest origin time wanted; now unless given. */
  readonly from?: Micros;
  readonly signal: AbortSignal;
}

/**
 * Runs a sensor: paces what it replays, sends what it senses, keeps the promises of its stream.
 *
 * - A replayed frame goes out once the clock has passed its end: its stream's `span` after its start.
 * - An irregular stream sends a heartbeat each 40 ms. On a driven clock every stream sends one after
 *   each tick, when all that was due has been sent.
 * - Says bye when the frames end by themselves.
 *
 * @returns Settles when the frames have ended and the bye is sent.
 * @throws The signal's reason when it aborts; the sensor's own errors.
 * @throws {ConfigError} If a live sensor is to run on a driven clock.
 */
export async function hostSensor(options: SensorHostOptions): Promise<void> {
  const { sensor, description, clock, clockKind, origin, repeat, signal, outlet } = options;
  if (sensor.pace === "live" && clockKind === "driven")
    throw new ConfigError(
      `stream ${description.stream}`,
      "expected a replay for a run as fast as it goes, got a live sensor",
    );
  const context: SensorContext = {
    description,
    clock,
    origin,
    ...(repeat === undefined ? {} : { repeat }),
    from: options.from ?? clock.now(),
    signal,
  };
  await (sensor.pace === "live" ? live(options, context) : replay(options, context));
  const now = clock.now();
  await outlet.bye(now, now);
}

async function live(
  { sensor, description, outlet, clock, signal }: SensorHostOptions,
  context: SensorContext,
): Promise<void> {
  const done = new AbortController();
  const stop = AbortSignal.any([signal, done.signal]);
  const beat = async (): Promise<void> => {
    for (;;) {
      const now = clock.now();
      await outlet.heartbeat(micros(Math.max(0, now - (sensor.latency ?? 0))), now);
      await clock.until(micros(now + HEARTBEAT), stop);
    }
  };
  const beating = description.rate === "irregular" ? beat() : Promise.resolve();
  // Its end is an abort, and that is told by the signal; anything else comes up below.
  beating.catch(() => {});
  try {
    for await (const frame of sensor.frames(context)) {
      signal.throwIfAborted();
      await outlet.send(frame);
    }
    signal.throwIfAborted();
  } finally {
    done.abort();
  }
}

async function replay(
  { sensor, description, outlet, clock, clockKind, signal }: SensorHostOptions,
  context: SensorContext,
): Promise<void> {
  const frames = sensor.frames(context)[Symbol.asyncIterator]();
  const spanUs = description.span ?? 0;
  const beats = clockKind === "driven" || description.rate === "irregular";
  const betweenBeats = clockKind === "driven" ? 1 : HEARTBEAT;
  let nextBeat = clock.now();
  try {
    for (;;) {
      const next = await nextWanted(frames, context.from);
      if (next === undefined) return;
      const due = micros(next.originTime + spanUs);
      for (let now = clock.now(); now < due; now = clock.now()) {
        if (beats && now >= nextBeat) {
          await outlet.heartbeat(micros(Math.min(now, next.originTime)), now);
          nextBeat = micros(now + betweenBeats);
        }
        await clock.until(beats ? micros(Math.min(due, nextBeat)) : due, signal);
      }
      signal.throwIfAborted();
      await outlet.send(next);
    }
  } finally {
    await frames.return?.();
  }
}

/** The next frame that starts at `from` or later. */
async function nextWanted(
  frames: AsyncIterator<SensedFrame>,
  from: Micros,
): Promise<SensedFrame | undefined> {
  for (;;) {
    const { done, value } = await frames.next();
    if (done) return undefined;
    if (value.originTime >= from) return value;
  }
}
