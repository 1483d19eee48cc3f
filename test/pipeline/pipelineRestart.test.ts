import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { filter, firstValueFrom, map, ReplaySubject } from "rxjs";
import { describe, expect, it } from "vitest";

import type { Clock } from "../../src/clock/Clock.ts";
import { DrivenClock } from "../../src/clock/DrivenClock.ts";
import { SystemClock } from "../../src/clock/SystemClock.ts";
import { ConfigError } from "../../src/errors.ts";
import type { StreamDescription } from "../../src/frames/StreamDescription.ts";
import type { LogRecord } from "../../src/log/LogRecord.ts";
import { Ingest } from "../../src/pipeline/Ingest.ts";
import { runSensor } from "../../src/pipeline/runSensor.ts";
import { hertz, micros } from "../../src/units.ts";
import { ClockProber } from "../../src/wire/ClockProber.ts";
import { ControlServer } from "../../src/wire/ControlServer.ts";
import { Inlet } from "../../src/wire/Inlet.ts";
import { SkewedClock } from "../support/SkewedClock.ts";
import { audio } from "../wire/support.ts";

const HOUR = 3_600_000_000;
const SCRIPT = fileURLToPath(new URL("../../sensors/examples/publisher.py", import.meta.url));

/** The sockets and the log of a pipeline; at the addresses of another one that has ended, if given. */
async function pipeline(
  streams: readonly StreamDescription[],
  at: { readonly bind?: string; readonly control?: string } = {},
  clock: Clock = new SystemClock(),
) {
  // An address is free some moments after its socket was closed.
  const inlet = await patiently(() =>
    Inlet.open({ streams, clock, ...(at.bind !== undefined && { bind: at.bind }) }),
  );
  const control = await patiently(() =>
    ControlServer.open({
      clock,
      clockKind: clock instanceof DrivenClock ? "driven" : "system",
      streams,
      beforeWelcome: (hello) => prober.greet(hello),
      ...(at.control !== undefined && { bind: at.control }),
    }),
  );
  const prober = new ClockProber({ server: control, clock });
  const ingest = new Ingest({ clock, streams });
  const records = new ReplaySubject<LogRecord>();
  ingest.records.subscribe(records);
  prober.waves.subscribe((wave) => ingest.measured(wave));
  inlet.deliveries.subscribe((delivery) => {
    const { message } = delivery;
    ingest.accept(message);
    delivery.release();
  });
  return {
    address: { bind: inlet.endpoint, control: control.endpoint },
    clock,
    control,
    counters: inlet.counters,
    chunk: () =>
      firstValueFrom(
        records.pipe(
          filter((record) => record.kind === "DATA"),
          map(({ chunk }) => chunk),
        ),
      ),
    clockRecord: () => firstValueFrom(records.pipe(filter(({ kind }) => kind === "CLOCK"))),
    async [Symbol.asyncDispose]() {
      await prober[Symbol.asyncDispose]();
      await control[Symbol.asyncDispose]();
      await inlet[Symbol.asyncDispose]();
    },
  };
}

async function patiently<T>(open: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await open();
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      await new Promise(setImmediate);
    }
  }
}

/** A sensor that speaks for itself, on a clock that is an hour ahead. */
function sense(address: { readonly bind: string; readonly control: string }) {
  const stop = new AbortController();
  const kind = fileURLToPath(new URL("./sensors/stamper.ts", import.meta.url));
  const run = {
    ...{ kind, options: {}, description: audio, sensors: "" },
    ...{ connect: address.bind, control: address.control },
  };
  const machine = new SkewedClock(new SystemClock(), { offset: HOUR, ppm: 0 });
  const ended = runSensor(run, stop.signal, undefined, machine).then(
    () => undefined,
    (error: unknown) => error,
  );
  return {
    ended,
    async [Symbol.asyncDispose]() {
      stop.abort();
      await ended;
    },
  };
}

describe("a pipeline that is started anew", { timeout: 30_000 }, () => {
  it("is told hello again by a sensor that speaks for itself, knows its clock, and loses nothing new", async () => {
    const first = await pipeline([audio]);
    const { address } = first;
    await using _sensor = sense(address);
    const before = await first.chunk();
    await first[Symbol.asyncDispose]();

    await using second = await pipeline([audio], address);
    const hello = firstValueFrom(second.control.hellos);
    expect(await hello).toMatchObject({ stream: "audio", epoch: before.epoch });
    expect(await second.clockRecord()).toMatchObject({ stream: "audio", epoch: before.epoch });
    const after = await second.chunk();
    expect(after.epoch).toBe(before.epoch);
    expect(after.firstSequence).toBeGreaterThan(before.firstSequence);
    expect(second.counters.of("lab", "audio")).toMatchObject({ lost: 0, refused: {} });
  });

  it("is left by its sensors, with a reason, where it comes back with a clock of its own", async () => {
    const first = await pipeline([audio]);
    const { address } = first;
    await using sensor = sense(address);
    await first.chunk();
    await first[Symbol.asyncDispose]();

    await using _second = await pipeline([audio], address, new DrivenClock(micros(1)));
    expect(String(await sensor.ended)).toContain("runs on a driven clock, not a system one");
  });

  it("is left by its sensors where it has no use for them any more", async () => {
    const first = await pipeline([audio]);
    const { address } = first;
    await using sensor = sense(address);
    await first.chunk();
    await first[Symbol.asyncDispose]();

    await using _second = await pipeline([{ ...audio, dtype: "f64", shape: [1] }], address);
    const error = await sensor.ended;
    expect(error).toBeInstanceOf(ConfigError);
    expect(String(error)).toContain("expected frames of audio to be f64 [1], got i16 [4]");
  });

  const python = ["python3", "/usr/bin/python3"].find(
    (path) => spawnSync(path, ["-c", "import zmq, msgpack"]).status === 0,
  );
  it.skipIf(python === undefined)("goes on with a publisher in Python", async () => {
    const desk = { ...audio, site: "desk", shape: [160], rate: hertz(100) };
    const first = await pipeline([desk]);
    let publisher: ChildProcess | undefined;
    try {
      publisher = spawn(python ?? "", [SCRIPT, first.address.bind], { stdio: "ignore" });
      const before = await first.chunk();
      await first[Symbol.asyncDispose]();
      await using second = await pipeline([desk], first.address);
      const after = await second.chunk();
      expect(after.epoch).toBe(before.epoch);
      expect(after.firstSequence).toBeGreaterThan(before.firstSequence);
    } finally {
      publisher?.kill("SIGKILL");
    }
  });
});
