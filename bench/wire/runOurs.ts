import { Aligner } from "../../src/align/Aligner.ts";
import type { AlignerOptions } from "../../src/align/AlignerOptions.ts";
import { SystemClock } from "../../src/clock/SystemClock.ts";
import type { LogRecord } from "../../src/log/LogRecord.ts";
import { Ingest } from "../../src/pipeline/Ingest.ts";
import type { Micros } from "../../src/units.ts";
import { Inlet } from "../../src/wire/Inlet.ts";
import type { WireRun } from "./PythonPeer.ts";
import { publish } from "./publish.ts";
import type { PublisherJob } from "./publisher.ts";
import { DESCRIPTIONS, ORIGIN, PERIOD } from "./workload.ts";

/** Where a run's grid lies, what is counted, and what is called as it goes. */
export interface OurSettings {
  /** Where the grid starts; `now` takes the moment of the first message. */
  readonly origin: "fixed" | "now";
  /** Of the grid; that of the workload unless given. */
  readonly period?: Micros;
  /** Frames that come before CPU and seconds are counted, 0 unless given. */
  readonly settle?: number;
  readonly hooks?: OurHooks;
}

/** What a run calls as it goes. */
export interface OurHooks {
  /** A record has been appended to the log. */
  readonly onRecord?: (record: LogRecord) => void;
  /** A row has come out at `now`. */
  readonly onRow?: (time: Micros, now: Micros) => void;
}

/** Takes the frames of a job the way a pipeline does: inlet, ingest, aligner. */
export async function runOurs(
  job: PublisherJob,
  frames: number,
  options: AlignerOptions,
  { origin, period, settle = 0, hooks = {} }: OurSettings = { origin: "fixed" },
): Promise<WireRun> {
  const clock = new SystemClock();
  await using inlet = await Inlet.open({ streams: DESCRIPTIONS, clock });
  const ingest = new Ingest({ clock, streams: DESCRIPTIONS });
  const aligner = new Aligner(options);
  let sets = 0;
  ingest.records.subscribe((record) => {
    hooks.onRecord?.(record);
    for (const { time } of aligner.push(record)) {
      sets++;
      hooks.onRow?.(time, clock.now());
    }
  });
  const configure = (start: Micros): void =>
    ingest.configure({ version: 1, origin: start, period: period ?? PERIOD });
  let configured = origin === "fixed";
  if (configured) configure(ORIGIN);
  let began = 0;
  let cpu = process.cpuUsage();
  let taken = 0;
  const result = new Promise<WireRun>((resolve) => {
    inlet.deliveries.subscribe((delivery) => {
      const { message } = delivery;
      if (!configured) {
        configured = true;
        configure(clock.now());
      }
      if (began === 0 && taken >= settle) {
        cpu = process.cpuUsage();
        began = performance.now();
      }
      ingest.accept(message);
      delivery.release();
      if (message.kind !== "data") return;
      taken += message.chunk.originTimes.length;
      if (taken < frames) return;
      const { user, system } = process.cpuUsage(cpu);
      resolve({ seconds: (performance.now() - began) / 1_000, cpu: (user + system) / 1e6, sets });
    });
  });
  const [run] = await Promise.all([result, publish(inlet.endpoint, job)]);
  return run;
}
