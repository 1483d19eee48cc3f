import type { Clock } from "../clock/Clock.ts";
import { DrivenClock } from "../clock/DrivenClock.ts";
import { SystemClock } from "../clock/SystemClock.ts";
import { SensorError } from "../errors.ts";
import { defineStream, type StreamDescription } from "../frames/StreamDescription.ts";
import { type Micros, toMillis } from "../units.ts";
import { ControlClient } from "../wire/ControlClient.ts";
import type { CurveClient } from "../wire/CurveKeys.ts";
import type { Welcome } from "../wire/controlMessage.ts";
import { Outlet } from "../wire/Outlet.ts";
import { hostSensor } from "./hostSensor.ts";
import { loadSensorKind } from "./loadSensorKind.ts";

/** How to run one sensor as a process of its own. */
export interface SensorRun {
  /** File of `sensors/`, or the path of a module. */
  readonly kind: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly description: StreamDescription;
  /** The pipeline's inlet. */
  readonly connect: string;
  /** The pipeline's control address; without one the sensor runs on the machine's clock. */
  readonly control?: string;
  /** Where offset 0 of something replayed falls; the moment it starts unless given. */
  readonly origin?: Micros;
  /** Earliest origin time wanted of something replayed; the moment it starts unless given. */
  readonly from?: Micros;
  /** Time after which something replayed starts over, in µs. */
  readonly repeat?: Micros;
  /** Keys for a pipeline that encrypts. */
  readonly curve?: CurveClient;
  /** Folder with the project's sensors. */
  readonly sensors: string;
}

/**
 * Runs one sensor against a pipeline until its frames end, also if the pipeline is started anew meanwhile.
 *
 * @param onLive Called once, when the pipeline has answered and frames begin to flow.
 * @param machine The clock of the machine it runs on, right or wrong: stamps frames and answers probes.
 * @throws {ConfigError} If the run cannot be what it says, or the pipeline has no such stream.
 * @throws {SensorError} If the sensor lacks something or stops by itself, or the pipeline comes back with a clock
 *   that the sensor is not on.
 * @throws The signal's reason when it aborts.
 */
export async function runSensor(
  { kind, options, description, connect, control, repeat, curve, sensors, ...run }: SensorRun,
  signal: AbortSignal,
  onLive: (epoch: number) => void = () => {},
  machine: Clock = new SystemClock(),
): Promise<void> {
  // A boot id that grows from boot to boot: milliseconds take 41 of the 48 bits.
  const epoch = Math.floor(toMillis(machine.now()));
  const { site, stream } = defineStream(description);
  const sensor = (await loadSensorKind(kind, sensors)).create(options);

  const security = curve === undefined ? {} : { curve };
  const { dtype, shape } = description;
  const hello = { site, stream, epoch, pid: process.pid, dtype, shape };
  await using client =
    control === undefined
      ? null
      : await ControlClient.open({ connect: control, hello, clock: machine, signal, ...security });
  const clockKind = client?.welcome.clock ?? "system";
  const driven = client && clockKind === "driven" ? new DrivenClock(client.welcome.now) : undefined;
  const follow = (now: Micros): void => {
    // Whoever sits at the other end, our clock never goes back.
    if (driven && now > driven.now()) driven.advance(now);
  };
  const left = new AbortController();
  client?.ticks.subscribe({ next: follow, error: (cause: unknown) => left.abort(cause) });
  const clock = driven ?? machine;

  const rejoined = (welcome: Welcome): void => {
    const problem = obstacle(client?.welcome ?? welcome, welcome, driven?.now());
    if (problem === undefined) follow(welcome.now);
    else
      left.abort(
        new SensorError(
          `sensor of stream ${stream}`,
          `expected the pipeline to come back as it was, it ${problem}; start the sensor again`,
        ),
      );
  };
  client?.rejoins.subscribe({
    next: rejoined,
    error: (problem: unknown) => left.abort(problem),
  });
  await using outlet = await Outlet.open({
    connect,
    description,
    epoch,
    onePart: client?.welcome.onePart ?? false,
    ...security,
  });
  onLive(epoch);
  await hostSensor({
    sensor,
    description,
    outlet,
    clock,
    clockKind,
    origin: run.origin ?? clock.now(),
    ...(repeat === undefined ? {} : { repeat }),
    ...(run.from === undefined ? {} : { from: run.from }),
    signal: AbortSignal.any([signal, left.signal]),
  });
}

/**
 * Why a sensor cannot go on with a pipeline that has come back, for a person; undefined if it can.
 *
 * @param driven Where the sensor's driven clock stands, if that is what it runs on.
 */
function obstacle(before: Welcome, now: Welcome, driven: Micros | undefined): string | undefined {
  if (now.clock !== before.clock) return `runs on a ${now.clock} clock, not a ${before.clock} one`;
  // Its time is another one, and what was sent to the one before will not be sent again.
  if (driven !== undefined && now.now < driven) return "runs its recording anew";
  return now.onePart === before.onePart ? undefined : "takes messages in another form";
}
