import { fileURLToPath } from "node:url";
import { filter, firstValueFrom, Subject } from "rxjs";
import { describe, expect, it } from "vitest";

import { Aligner } from "../../src/align/Aligner.ts";
import { last } from "../../src/align/Policy.ts";
import { SystemClock } from "../../src/clock/SystemClock.ts";
import { framesOf } from "../../src/frames/Chunk.ts";
import type { Frameset } from "../../src/frames/Frameset.ts";
import type { LogRecord } from "../../src/log/LogRecord.ts";
import { Ingest } from "../../src/pipeline/Ingest.ts";
import { runSensor } from "../../src/pipeline/runSensor.ts";
import { millis, seconds } from "../../src/units.ts";
import { ClockProber } from "../../src/wire/ClockProber.ts";
import { ControlServer } from "../../src/wire/ControlServer.ts";
import { Inlet } from "../../src/wire/Inlet.ts";
import { ChaosProxy } from "../support/ChaosProxy.ts";
import { SkewedClock } from "../support/SkewedClock.ts";
import { audio } from "../wire/support.ts";

/** What a busy machine may add to a round trip and its half, in µs. */
const TOLERANCE = 3_000;

const streams = ["steady", "victim"].map((stream) => ({
  ...audio,
  stream,
  lateness: millis(50),
  idleTimeout: seconds(1),
}));
const policy = last({ maxAge: millis(400) });
const columns = { steady: policy, victim: policy };

/**
 * Frames are lost, come twice, and out of order. None is spoilt: a byte changed in a header can be a valid
 * time in the future, of either stream, and what that does is the matter of chaos.test.ts.
 */
const rough = { drop: 0.05, duplicate: 0.1, corrupt: 0, hold: 0.1, longestHold: 3 };

/** Two live sensors behind a bad network, one with a clock of its own, up to rows. */
async function running() {
  const clock = new SystemClock();
  const inlet = await Inlet.open({ streams, clock });
  const proxy = await ChaosProxy.open(inlet.endpoint, 5, rough);
  const control = await ControlServer.open({
    clock,
    clockKind: "system",
    beforeWelcome: (hello) => prober.greet(hello),
  });
  const prober = new ClockProber({ server: control, clock });
  const ingest = new Ingest({ clock, streams });
  const aligner = new Aligner({ columns, skew: millis(500) });
  const log: LogRecord[] = [];
  const rows: Frameset[] = [];
  const formed = new Subject<Frameset>();
  ingest.records.subscribe((record) => {
    log.push(record);
    for (const row of aligner.push(record)) {
      rows.push(row);
      formed.next(row);
    }
  });
  prober.waves.subscribe((wave) => ingest.measured(wave));
  ingest.configure({ version: 1, origin: clock.now(), period: millis(40) });
  inlet.deliveries.subscribe((delivery) => {
    const { message } = delivery;
    ingest.accept(message);
    delivery.release();
  });
  const polling = setInterval(() => ingest.poll(), 10);
  const stop = new AbortController();
  const machine = new SkewedClock(clock, { offset: 40_000, ppm: 200 });
  const sensors = streams.map((description) => {
    const run = {
      kind: fileURLToPath(new URL("../pipeline/sensors/stamper.ts", import.meta.url)),
      ...{ options: {}, description, sensors: "" },
      ...{ connect: proxy.endpoint, control: control.endpoint },
    };
    const of = description.stream === "victim" ? machine : clock;
    return runSensor(run, stop.signal, undefined, of).catch(() => {});
  });
  return {
    machine,
    log,
    rows,
    formed,
    records: ingest.records,
    counters: () => aligner.counters(),
    async [Symbol.asyncDispose]() {
      clearInterval(polling);
      stop.abort();
      await Promise.all(sensors);
      await prober[Symbol.asyncDispose]();
      await control[Symbol.asyncDispose]();
      await proxy[Symbol.asyncDispose]();
      await inlet[Symbol.asyncDispose]();
    },
  };
}

/** By how much the victim's frames in these records are stamped wrong: the middle and the 9th tenth, in µs. */
function missesIn(log: readonly LogRecord[]): readonly [middle: number, most: number] {
  const misses = log
    .flatMap((record) =>
      record.kind === "DATA" && record.chunk.stream === "victim" ? framesOf(record.chunk) : [],
    )
    .map(({ originTime, payload }) =>
      Math.abs(originTime - (new Float64Array(payload.slice().buffer)[0] ?? 0)),
    )
    .sort((one, other) => one - other);
  const at = (share: number): number => misses[Math.floor(share * misses.length)] ?? Number.NaN;
  return [at(0.5), at(0.9)];
}

describe("a publisher whose clock drifts and is set, behind a bad network", {
  timeout: 90_000,
}, () => {
  it("is right again each time, and changes no column but its own", async () => {
    await using line = await running();
    const present = (stream: string) =>
      firstValueFrom(line.formed.pipe(filter(({ cells }) => cells[stream]?.presence === "real")));
    const stepped = () =>
      firstValueFrom(
        line.records.pipe(filter((record) => record.kind === "CLOCK" && record.stepped)),
      );
    await Promise.all([present("steady"), present("victim")]);
    const first = line.rows.length;
    for (const by of [-5_000_000, 7_000_000]) {
      const step = stepped();
      line.machine.set(by);
      expect(await step).toMatchObject({ stream: "victim", residual: 0 });
      const from = line.log.length;
      await present("victim");
      for (let count = 0; count < 25; count++) await present("steady");
      // What was on its way when the clock was found to be set does not count.
      const [middle, most] = missesIn(line.log.slice(from + 10));
      expect(middle).toBeLessThan(TOLERANCE);
      expect(most).toBeLessThan(2 * TOLERANCE);
    }
    expect(line.rows.map(({ index }) => index)).toEqual(line.rows.map((_, index) => index));
    const steady = line.rows.slice(first).map(({ cells }) => cells["steady"]?.presence);
    expect(steady.filter((presence) => presence === "missing")).toEqual([]);
    const { steady: good, victim } = line.counters().streams;
    // Until the step was found its frames were too late, then too early.
    expect(victim?.late).toBeGreaterThan(0);
    expect(victim?.future).toBeGreaterThan(0);
    expect(good?.future).toBe(0);
    expect(good?.duplicate).toBeGreaterThan(0);
  });
});
