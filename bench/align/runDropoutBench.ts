import { Aligner } from "../../src/align/Aligner.ts";
import { IdleWatch } from "../../src/align/IdleWatch.ts";
import type { LogRecord } from "../../src/log/LogRecord.ts";
import { Rng } from "../../src/tensor/Rng.ts";
import { type Micros, micros, millis, seconds, toMillis } from "../../src/units.ts";
import type { Bench } from "../Bench.ts";
import { BENCH_OPTIONS, configOf, logOf, mixedStreams, RATES } from "./mixedStreams.ts";
import { RosPeer } from "./RosPeer.ts";
import { settingsIn } from "./settings.ts";

/** The stream that goes silent, and when, in µs of origin time. */
const VICTIM = 2;
const HOLE = [6_000_000, 16_000_000] as const;
const POLL = millis(10);

/**
 * B5: the longest time without a row while one of four streams is silent for 10 s, and how many rows are
 * absent then. B6: how soon its silence is noticed, and whether an hour of jitter is ever taken for silence.
 * Bars: 0.25 s and no row absent; max(3 periods, 100 ms), looked at every 10 ms; no false alarm.
 *
 * Arguments: `--seed=N` (1).
 */
export const runDropoutBench: Bench = async ({ args }) => {
  const { seed } = settingsIn(args);
  const frames = mixedStreams(20, seed).filter(
    ({ stream, time }) => stream !== VICTIM || time < HOLE[0] || time >= HOLE[1],
  );
  const { gap, absent, noticed } = withWatch(logOf(frames));
  using ros = new RosPeer();
  const peer = await ros.run(frames, 10);
  const better = "lower";
  const ratios = {};
  return {
    bench: "dropout",
    results: [
      {
        name: "B5 output gap in a dropout of 10 s",
        value: toMillis(gap),
        unit: "ms",
        better,
        ratios: peer === undefined ? {} : { "ros-approximate-q10": gap / (peer.gap * 1e6) },
      },
      { name: "B5 rows absent", value: absent, unit: "rows", better, ratios },
      { name: "B6 silence noticed after", value: toMillis(noticed), unit: "ms", better, ratios },
      {
        name: "B6 false alarms in an hour",
        value: falseAlarms(seed),
        unit: "alarms",
        better,
        ratios,
      },
    ],
    skipped:
      peer === undefined ? ["ros-approximate-q10: python3-message-filters is not installed"] : [],
  };
};

/** The log as the pipeline would have written it: with what the watch over silence says, every 10 ms. */
function withWatch(log: readonly LogRecord[]): {
  readonly gap: Micros;
  /** Instants of the grid without a row. */
  readonly absent: number;
  readonly noticed: Micros;
} {
  const [config, ...data] = log;
  if (config?.kind !== "CONFIG") throw new Error("runDropoutBench: a configuration expected first");
  const aligner = new Aligner(BENCH_OPTIONS);
  const idle = new IdleWatch({ streams: watched(), since: config.origin });
  aligner.push(config);
  let rows = 0;
  let out: number | undefined;
  let gap = 0;
  let lastHeard = 0;
  let noticed = 0;
  let polled: number = config.origin;
  const push = (record: LogRecord): void => {
    for (const _ of aligner.push(record)) {
      rows++;
      if (out !== undefined) gap = Math.max(gap, record.logTime - out);
      out = record.logTime;
    }
  };
  for (const record of data) {
    for (; polled + POLL <= record.logTime; polled += POLL)
      for (const silent of idle.poll(micros(polled + POLL))) {
        noticed = silent.logTime - lastHeard;
        push(silent);
      }
    if (record.kind !== "DATA") continue;
    if (record.chunk.stream === `s${VICTIM}`) lastHeard = record.logTime;
    for (const active of idle.heard(record.chunk.stream, record.logTime)) push(active);
    push(record);
  }
  const absent = (aligner.blocking()?.index ?? Number.NaN) - rows;
  return { gap: micros(gap), absent, noticed: micros(noticed) };
}

/** The streams, each idle after three periods or 100 ms. */
function watched(): ReturnType<typeof configOf>["streams"] {
  return configOf().streams.map((description, i) => ({
    ...description,
    idleTimeout: micros(Math.max((3 * 1e6) / (RATES[i] ?? 1), millis(100))),
  }));
}

/** IDLE records over an hour of streams with a tenth of a period of jitter and up to 50 ms on the way. */
function falseAlarms(seed: number): number {
  const rng = Rng.fromSeed(seed);
  const unit = (): number => rng.nextUint32() / 2 ** 32;
  const idle = new IdleWatch({ streams: watched(), since: micros(0) });
  const next = RATES.map(() => 0);
  const counts = RATES.map(() => 0);
  let alarms = 0;
  for (let now = POLL; now < seconds(3_600); now = micros(now + POLL)) {
    RATES.forEach((rate, i) => {
      while ((next[i] ?? 0) <= now) {
        idle.heard(`s${i}`, now);
        counts[i] = (counts[i] ?? 0) + 1;
        const due = ((counts[i] ?? 0) + unit() / 10) * (1e6 / rate) + 50_000 * unit() ** 4;
        next[i] = Math.max(next[i] ?? 0, due);
      }
    });
    alarms += idle.poll(now).length;
  }
  return alarms;
}
