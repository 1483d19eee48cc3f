import type { Label } from "../../src/frames/EventSpan.ts";
import type { StreamDescription } from "../../src/frames/StreamDescription.ts";
import type { LogRecord } from "../../src/log/LogRecord.ts";
import { hertz, type Micros, micros, millis, seconds } from "../../src/units.ts";

/** Where the grids of these logs start. */
export const START = seconds(1_767_225_600);

/** A stream of one number, ten a second. */
export function stream(name: string, more: Partial<StreamDescription> = {}): StreamDescription {
  return {
    ...{ site: "lab", stream: name, modality: "sensor", dtype: "u8", shape: [1], unit: "" },
    ...{ rate: hertz(10), lateness: micros(0), idleTimeout: millis(500) },
    ...more,
  };
}

/** An instant so many seconds after `START`. */
export function at(time: number): Micros {
  return micros(START + time * 1e6);
}

export function label(name: string, from: number, to: number): Label {
  return { label: name, slot: "", by: "person", from: at(from), to: at(to) };
}

/**
 * A log of streams that say a number every 100 ms, from one second to another; labels are told at its start,
 * as a replay tells them.
 */
export function smallLog(
  streams: readonly StreamDescription[],
  { from = 0, to = 2, labels = [] as readonly Label[], period = millis(40) } = {},
): LogRecord[] {
  const logTime = at(from);
  const records: LogRecord[] = [
    { kind: "CONFIG", logTime, version: 1, origin: at(from), period, streams },
    ...labels.map((own): LogRecord => ({ kind: "LABEL", logTime, label: own })),
  ];
  for (let tick = Math.round(from * 10); tick < Math.round(to * 10); tick++)
    for (const { site, stream: name, dtype, shape } of streams)
      records.push({
        kind: "DATA",
        logTime: at(tick / 10),
        chunk: {
          ...{ site, stream: name, epoch: 7, firstSequence: tick, dtype, shape },
          ...{ originTimes: [at(tick / 10)], arrivalTime: at(tick / 10) },
          payload: Uint8Array.of(tick % 256),
        },
      });
  return records;
}

/** What frames of each stream there are, as `stream@seconds=number`. */
export function framesIn(records: readonly LogRecord[]): string[] {
  return records.flatMap((record) =>
    record.kind === "DATA"
      ? [
          `${record.chunk.stream}@${((record.chunk.originTimes[0] ?? 0) - START) / 1e6}=${record.chunk.payload[0]}`,
        ]
      : [],
  );
}

/** All of an iteration. */
export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}
