import type { Micros } from "../../units.ts";
import type { HelloMessage, LiveEvent, Row, StreamState } from "../messages.ts";
import { foxgloveTime } from "./time.ts";

/** One row as a viewer gets it: it is about `time − lookAhead`. */
export function answerOf(row: Row, { classes, lookAhead }: HelloMessage): object {
  const named = (candidate: { class: number; probability: number } | undefined) =>
    candidate && { label: classes[candidate.class] ?? "", probability: candidate.probability };
  return {
    timestamp: foxgloveTime((row.time - lookAhead) as Micros),
    ...named(row.fused[0]),
    streams: Object.entries(row.streams).map(([stream, { presence, reading }]) => ({
      stream,
      presence,
      ...(reading && { ...named(reading.top[0]), weight: reading.weight, code: reading.code }),
    })),
    subsets: row.subsets.map((subset) => ({
      streams: subset.streams.join("+"),
      ...named(subset),
    })),
  };
}

/** An event as a viewer gets it. */
export function eventOf({ id, label, from, to, score, state, modalities }: LiveEvent): object {
  return {
    timestamp: foxgloveTime(from),
    id,
    label,
    from: foxgloveTime(from),
    to: foxgloveTime(to),
    seconds: (to - from) / 1e6,
    score,
    state,
    modalities,
  };
}

/** How the streams are, as a viewer gets it. */
export function healthOf(time: Micros, streams: readonly StreamState[]): object {
  return {
    timestamp: foxgloveTime(time),
    streams: streams.map(({ stream, state, rate, age, counters, problem }) => ({
      stream,
      state,
      rate,
      ...(age !== undefined && { ageSeconds: age / 1e6 }),
      unused: Object.values(counters).reduce((sum, count) => sum + count, 0),
      ...(problem !== undefined && { problem }),
    })),
  };
}
