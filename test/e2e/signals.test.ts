import { fileURLToPath } from "node:url";
import { filter, firstValueFrom, type Observable, Subject } from "rxjs";
import { describe, expect, it } from "vitest";

import { Aligner } from "../../src/align/Aligner.ts";
import { last } from "../../src/align/Policy.ts";
import { SystemClock } from "../../src/clock/SystemClock.ts";
import type { Frameset } from "../../src/frames/Frameset.ts";
import type { LogRecord } from "../../src/log/LogRecord.ts";
import { Ingest } from "../../src/pipeline/Ingest.ts";
import { SensorProcess, type SensorStatus } from "../../src/pipeline/SensorProcess.ts";
import { millis } from "../../src/units.ts";
import { ClockProber } from "../../src/wire/ClockProber.ts";
import { ControlServer } from "../../src/wire/ControlServer.ts";
import { Inlet } from "../../src/wire/Inlet.ts";
import { audio } from "../wire/support.ts";

const streams = ["steady", "victim"].map((stream) => ({
  ...audio,
  stream,
  idleTimeout: millis(100),
}));
const columns = { steady: last({ maxAge: millis(60) }), victim: last({ maxAge: millis(60) }) };

/** Two sensors in processes of their own, in real time, up to framesets. */
async function running() {
  const clock = new SystemClock();
  const inlet = await Inlet.open({ streams, clock });
  const control = await ControlServer.open({
    clock,
    clockKind: "system",
    beforeWelcome: (hello) => prober.greet(hello),
  });
  const prober = new ClockProber({ server: control, clock });
  const ingest = new Ingest({ clock, streams, readsOurClock: () => true });
  const aligner = new Aligner({ columns, skew: millis(100) });
  const rows: Frameset[] = [];
  const formed = new Subject<Frameset>();
  let heard = 0;
  ingest.records.subscribe((record) => {
    if (record.kind === "DATA" && record.chunk.stream === "victim") heard = record.logTime;
    for (const row of aligner.push(record)) {
      rows.push(row);
      formed.next(row);
    }
  });
  prober.waves.subscribe((wave) => ingest.measured(wave));
  const origin = clock.now();
  ingest.configure({ version: 1, origin, period: millis(40) });
  inlet.deliveries.subscribe((delivery) => {
    const { message } = delivery;
    ingest.accept(message);
    delivery.release();
  });
  const polling = setInterval(() => ingest.poll(), 10);
  const sensors = streams.map(
    (description) =>
      new SensorProcess({
        kind: fileURLToPath(new URL("../pipeline/sensors/counter.ts", import.meta.url)),
        options: {},
        description,
        connect: inlet.endpoint,
        control: control.endpoint,
        origin,
        sensors: "",
        random: () => 0.5,
      }),
  );
  for (const sensor of sensors) sensor.start();
  return {
    rows,
    formed: formed as Observable<Frameset>,
    records: ingest.records,
    heard: () => heard,
    counters: () => aligner.counters(),
    victim: sensors[1],
    async [Symbol.asyncDispose]() {
      clearInterval(polling);
      for (const sensor of sensors) await sensor[Symbol.asyncDispose]();
      await prober[Symbol.asyncDispose]();
      await control[Symbol.asyncDispose]();
      await inlet[Symbol.asyncDispose]();
    },
  };
}

type Line = Awaited<ReturnType<typeof running>>;

/** The next row of whose victim this holds. */
function row({ formed }: Line, isPresent: boolean): Promise<Frameset> {
  return firstValueFrom(
    formed.pipe(
      filter(({ cells }) => cells["steady"]?.presence === "real"),
      filter(({ cells }) => (cells["victim"]?.presence === "real") === isPresent),
    ),
  );
}

/** How long the victim had said nothing, by the log, when it was next declared idle; in ms. */
async function silence({ records, heard }: Line): Promise<number> {
  const isIt = (record: LogRecord) => record.kind === "IDLE" && record.stream === "victim";
  const { logTime } = await firstValueFrom(records.pipe(filter(isIt)));
  return (logTime - heard()) / 1e3;
}

function pidOf(status: SensorStatus | undefined): number {
  return status?.state === "live" ? status.pid : Number.NaN;
}

describe("a publisher that is stopped, or killed", { timeout: 60_000 }, () => {
  it("is missed soon, holds nobody up, and rejoins without a row out of place", async () => {
    await using line = await running();
    await row(line, true);
    for (const turn of [1, 2]) {
      const pid = pidOf(line.victim?.current);
      const missed = silence(line);
      process.kill(pid, turn === 1 ? "SIGSTOP" : "SIGKILL");
      // max(3 periods, 100 ms), looked at every 10 ms; the rest is for a machine with other things to do.
      expect(await missed).toBeLessThan(250);
      const gone = await row(line, false);
      expect(gone.cells["victim"]).toMatchObject({ presence: "missing" });
      for (let count = 0; count < 10; count++) await row(line, false);
      if (turn === 1) process.kill(pid, "SIGCONT");
      await row(line, true);
    }
    expect(line.rows.map(({ index }) => index)).toEqual(line.rows.map((_, index) => index));
    expect(new Set(line.rows.map(({ id }) => id)).size).toBe(line.rows.length);
    const { victim } = line.counters().streams;
    expect(victim?.duplicate).toBe(0);
    // What it caught up with after SIGCONT came too late for rows that were out.
    expect(victim?.late).toBeGreaterThan(0);
  });
});
