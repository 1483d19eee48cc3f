import { describe, expect, it } from "vitest";

import { DrivenClock } from "../../src/clock/DrivenClock.ts";
import type { LogRecord } from "../../src/log/LogRecord.ts";
import { Ingest } from "../../src/pipeline/Ingest.ts";
import { micros } from "../../src/units.ts";
import type { Wave } from "../../src/wire/ClockProber.ts";
import { audio } from "../wire/support.ts";

const NOW = 1_700_000_000_000_000;
const HOUR = 3_600_000_000;

/** A wave of a publisher whose clock is `offset` ahead, each way taking 100 µs. */
function wave(offset: number, { epoch = 1, stream = "audio" } = {}): Wave {
  const samples = [0, 1, 2].map((probe) => {
    const t0 = NOW + probe * 10_000;
    const there = micros(t0 + 100 + offset);
    return { t0: micros(t0), t1: there, t2: there, t3: micros(t0 + 200) };
  });
  return { site: "lab", stream, epoch, samples };
}

function ingest(readsOurClock = false) {
  const clock = new DrivenClock(micros(NOW));
  const made = new Ingest({ clock, streams: [audio], readsOurClock: () => readsOurClock });
  const records: LogRecord[] = [];
  made.records.subscribe((record) => records.push(record));
  const speak = (at: number, epoch = 1) => {
    const [site, stream] = ["lab", "audio"];
    const common = { site, stream, epoch, arrivalTime: micros(NOW) };
    const data = {
      firstSequence: 0,
      dtype: "i16",
      shape: [4],
      payload: new Uint8Array(16),
    } as const;
    const originTimes = [micros(at), micros(at + 10_000)];
    made.accept({ kind: "data", chunk: { ...common, ...data, originTimes } });
    const until = micros(at + 20_000);
    made.accept({ kind: "heartbeat", ...common, until, at: until });
    made.accept({ kind: "bye", ...common, until, at: until });
    return records
      .splice(0)
      .flatMap((record) =>
        record.kind === "DATA"
          ? record.chunk.originTimes
          : record.kind === "HEARTBEAT"
            ? [record.until]
            : [],
      )
      .map((time) => time - NOW);
  };
  return { made, records, speak };
}

describe("Ingest", () => {
  it("brings frames, heartbeats and byes to our clock, after the CLOCK record that says how", () => {
    const { made, records, speak } = ingest();
    made.measured(wave(HOUR));
    expect(records.map(({ kind }) => kind)).toEqual(["CLOCK"]);
    expect(records[0]).toMatchObject({ stream: "audio", epoch: 1, offset: HOUR, ppm: 0 });
    records.splice(0);
    expect(speak(NOW + HOUR)).toEqual([0, 10_000, 20_000, 20_000]);
  });

  it("takes the times of another boot, and of an unprobed publisher, as they are", () => {
    const { made, speak } = ingest();
    expect(speak(NOW + HOUR)).toEqual([0, 10_000, 20_000, 20_000].map((time) => time + HOUR));
    made.measured(wave(HOUR));
    speak(NOW + HOUR);
    expect(speak(NOW, 2)).toEqual([0, 10_000, 20_000, 20_000]);
    made.measured(wave(-HOUR, { epoch: 2 }));
    expect(speak(NOW - HOUR, 2)).toEqual([0, 10_000, 20_000, 20_000]);
  });

  it("leaves sensors that read our own clock alone, unless they plainly do not", () => {
    const { made, records, speak } = ingest(true);
    made.measured(wave(3_000));
    expect(records).toMatchObject([{ kind: "CLOCK", offset: 0 }]);
    expect(speak(NOW)).toEqual([0, 10_000, 20_000, 20_000]);
    made.measured(wave(HOUR, { epoch: 3 }));
    expect(records.at(-1)).toMatchObject({ kind: "CLOCK", offset: HOUR });
  });

  it("does not care about the clocks of streams that it does not have", () => {
    const { made, records } = ingest();
    made.measured(wave(HOUR, { stream: "smell" }));
    expect(records).toEqual([]);
  });
});
