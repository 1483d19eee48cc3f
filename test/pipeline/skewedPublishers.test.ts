import { fileURLToPath } from "node:url";
import { filter, firstValueFrom, take, toArray } from "rxjs";
import { describe, expect, it } from "vitest";

import { SystemClock } from "../../src/clock/SystemClock.ts";
import { framesOf } from "../../src/frames/Chunk.ts";
import type { LogRecord } from "../../src/log/LogRecord.ts";
import { Ingest } from "../../src/pipeline/Ingest.ts";
import { runSensor } from "../../src/pipeline/runSensor.ts";
import { micros } from "../../src/units.ts";
import { ClockProber } from "../../src/wire/ClockProber.ts";
import { ControlServer } from "../../src/wire/ControlServer.ts";
import { Inlet } from "../../src/wire/Inlet.ts";
import { SkewedClock } from "../support/SkewedClock.ts";
import { audio } from "../wire/support.ts";

/** What a busy machine may add to a round trip and its half, in µs. */
const TOLERANCE = 2_000;
const HOUR = 3_600_000_000;

/** A sensor on a wrong clock, over real sockets, up to the log. */
async function skewed(skew: { offset: number; ppm: number }, hasControl = true) {
  const clock = new SystemClock();
  const inlet = await Inlet.open({ streams: [audio], clock });
  const control = await ControlServer.open({
    clock,
    clockKind: "system",
    beforeWelcome: (hello) => prober.greet(hello),
  });
  const prober = new ClockProber({ server: control, clock });
  const ingest = new Ingest({ clock, streams: [audio] });
  prober.waves.subscribe((wave) => ingest.measured(wave));
  inlet.deliveries.subscribe((delivery) => {
    const { message } = delivery;
    ingest.accept(message);
    delivery.release();
  });
  const machine = new SkewedClock(clock, skew);
  const stop = new AbortController();
  const run = {
    kind: fileURLToPath(new URL("./sensors/stamper.ts", import.meta.url)),
    options: {},
    description: audio,
    connect: inlet.endpoint,
    ...(hasControl && { control: control.endpoint }),
    sensors: "",
  };
  const running = runSensor(run, stop.signal, undefined, machine).catch(() => {});
  return {
    machine,
    records: ingest.records,
    async [Symbol.asyncDispose]() {
      stop.abort();
      await running;
      await prober[Symbol.asyncDispose]();
      await control[Symbol.asyncDispose]();
      await inlet[Symbol.asyncDispose]();
    },
  };
}

/** By how much each frame of a record is stamped too late, in µs. */
function missesOf(record: LogRecord): number[] {
  if (record.kind !== "DATA") return [];
  return framesOf(record.chunk).map(
    ({ originTime, payload }) => originTime - (new Float64Array(payload.slice().buffer)[0] ?? 0),
  );
}

describe("a publisher with a wrong clock and a control connection", { timeout: 60_000 }, () => {
  it.each([
    ["an hour ahead", HOUR, 0],
    ["an hour behind", -HOUR, 0],
    ["40 ms ahead, 400 ppm fast", 40_000, 400],
  ])("%s is right from its first frame on", async (_, offset, ppm) => {
    await using line = await skewed({ offset, ppm });
    const records = await firstValueFrom(line.records.pipe(take(250), toArray()));
    expect(records[0]).toMatchObject({ kind: "CLOCK", stream: "audio" });
    const misses = records.flatMap(missesOf);
    expect(misses.length).toBeGreaterThan(200);
    misses.sort((a, b) => Math.abs(a) - Math.abs(b));
    // All but those where the machine paused between reading the one clock and the other.
    expect(Math.abs(misses[Math.floor(misses.length * 0.95)] ?? 0)).toBeLessThan(TOLERANCE);
  });

  it("is right again within two seconds when its clock is set, and the step is on record", async () => {
    await using line = await skewed({ offset: 0, ppm: 0 });
    await firstValueFrom(line.records.pipe(filter(({ kind }) => kind === "DATA")));
    const stepped = firstValueFrom(
      line.records.pipe(filter((record) => record.kind === "CLOCK" && record.stepped)),
    );
    line.machine.set(-5_000_000);
    expect(await stepped).toMatchObject({ stepped: true, residual: 0 });
    const after = await firstValueFrom(line.records.pipe(take(50), toArray()));
    // What was on its way when the clock was found to be set does not count.
    const misses = after.slice(5).flatMap(missesOf).map(Math.abs);
    misses.sort((a, b) => a - b);
    expect(misses[Math.floor(misses.length * 0.9)]).toBeLessThan(TOLERANCE);
  });

  it("is believed where it has no control connection", async () => {
    await using line = await skewed({ offset: HOUR, ppm: 0 }, false);
    const records = await firstValueFrom(line.records.pipe(take(20), toArray()));
    expect(records.every(({ kind }) => kind === "DATA")).toBe(true);
    const misses = records.flatMap(missesOf);
    expect(Math.abs((misses[0] ?? 0) - HOUR)).toBeLessThan(TOLERANCE);
    expect(micros(misses[0] ?? 0)).toBeGreaterThan(0);
  });
});
