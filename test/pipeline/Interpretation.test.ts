import { join } from "node:path";
import { Subject } from "rxjs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type { LearnerInput } from "../../src/learn/online/LearnerMessage.ts";
import type { LogRecord } from "../../src/log/LogRecord.ts";
import { packValue, unpackValue } from "../../src/log/packValue.ts";
import { readLog } from "../../src/log/readLog.ts";
import { Interpretation } from "../../src/pipeline/Interpretation.ts";
import {
  type InterpretationState,
  isOwnState,
  packState,
  unpackState,
} from "../../src/pipeline/InterpretationState.ts";
import { openStage } from "../../src/pipeline/openStage.ts";
import { readingLine } from "../../src/pipeline/readingLine.ts";
import { startPipeline } from "../../src/pipeline/startPipeline.ts";
import { Rng } from "../../src/tensor/Rng.ts";
import { micros, seconds } from "../../src/units.ts";
import { type TinyPipeline, tinyPipeline } from "../support/tinyPipeline.ts";

let tiny: TinyPipeline;
const log: LogRecord[] = [];
beforeAll(async () => {
  tiny = await tinyPipeline(3);
  const record = join(tiny.folder, "run.mcap");
  // A stream that comes and goes leaves more to remember: idleness, a gap, what came too late.
  const drops = [{ stream: "a", from: seconds(1), to: seconds(2) }];
  await using run = await startPipeline(tiny.definition, { ...tiny.options, drops, record });
  await run.go();
  await run[Symbol.asyncDispose]();
  for await (const entry of readLog(record)) log.push(entry);
}, 60_000);
afterAll(() => tiny[Symbol.asyncDispose]());

/** What was said, reading by reading and told span by told span, and how it ended. */
interface Said {
  readonly readings: readonly string[];
  readonly spans: readonly string[];
  readonly counts: unknown;
}

/** Interprets `records`, from `state` on; `look` is called after each record, the model maybe behind. */
async function interpret(
  records: readonly LogRecord[],
  state?: InterpretationState,
  look: (interpretation: Interpretation, record: number) => void = () => {},
): Promise<Said> {
  await using stage = await openStage(tiny.definition, { device: "cpu", threads: 1 });
  const source = new Subject<LogRecord>();
  const interpretation = new Interpretation(tiny.definition, {
    records: source,
    stage,
    answerWith: [],
    stopwatch: () => () => ({ total: micros(0), hops: {} }),
    digests: true,
    ...(state !== undefined && { state }),
  });
  const readings: string[] = [];
  const spans: string[] = [];
  interpretation.moments.subscribe(({ reading, forecast }) =>
    readings.push(readingLine(reading) + JSON.stringify(forecast)),
  );
  interpretation.events.subscribe((told) =>
    spans.push(...told.map((span) => JSON.stringify(span))),
  );
  for (const [at, record] of records.entries()) {
    source.next(record);
    look(interpretation, at);
    if (at % 16 === 0) await stage.drained();
  }
  await stage.drained();
  interpretation.finish();
  const { counts, digest } = interpretation;
  return { readings, spans, counts: { ...counts, digest, ...interpretation.aligned() } };
}

describe("an interpretation put down and taken up again", { timeout: 900_000 }, () => {
  it("says after any record what the uninterrupted one says (P13)", async () => {
    const states: (Uint8Array | undefined)[] = [];
    const whole = await interpret(log, undefined, (interpretation, at) => {
      const isTaken = interpretation.capture((state) => {
        states[at] = packState(state);
      });
      expect(isTaken).toBe(true);
    });
    expect(whole.readings.length).toBe(75);
    expect(states.filter(Boolean)).toHaveLength(log.length);

    const rng = Rng.fromSeed(13);
    const cuts = [0, ...Array.from({ length: 8 }, () => Math.floor(rng.uniform() * log.length))];
    for (const cut of cuts) {
      const state = unpackState(states[cut] ?? new Uint8Array(0));
      const rest = await interpret(log.slice(cut + 1), state);
      expect(rest.readings, `after record ${cut}`).toEqual(whole.readings.slice(state.moments));
      expect(rest.spans, `after record ${cut}`).toEqual(whole.spans.slice(state.spans));
      expect(rest.counts, `after record ${cut}`).toEqual(whole.counts);
    }
  });

  it("tells a state of its own from one that another version of the program packed", async () => {
    const taken: Uint8Array[] = [];
    await interpret(log, undefined, (interpretation) =>
      interpretation.capture((state) => {
        if (taken.length === 0) taken.push(packState(state));
      }),
    );
    const [own = new Uint8Array(0)] = taken;
    const old = packValue({ ...(unpackValue(own) as object), format: 3 });
    expect([isOwnState(own), isOwnState(old)]).toEqual([true, false]);
    expect(() => unpackState(old)).toThrow("expected format 6, got 3");
  });

  it("is not taken down where a stream's features do not say what they remember", async () => {
    const { a, ...others } = tiny.definition.streams;
    if (a === undefined) throw new Error("stream a expected");
    const { snapshot: _snapshot, ...silent } = a.features();
    const streams = { a: { ...a, features: () => silent }, ...others };
    await using stage = await openStage(tiny.definition, { device: "cpu", threads: 1 });
    const interpretation = new Interpretation(
      { ...tiny.definition, streams },
      {
        records: new Subject<LogRecord>(),
        stage,
        answerWith: [],
        stopwatch: () => () => ({ total: micros(0), hops: {} }),
      },
    );
    expect(interpretation.capture(() => expect.unreachable())).toBe(false);
  });
});

describe("an interpretation that is learnt from", () => {
  it("tells the learner whom the answer leaves out, row by row", async () => {
    // b turns into a dead line after half a second.
    const dead = log.map((record): LogRecord => {
      if (record.kind !== "DATA" || record.chunk.stream !== "b") return record;
      const { chunk } = record;
      if (chunk.firstSequence < 12) return record;
      return { ...record, chunk: { ...chunk, payload: new Uint8Array(chunk.payload.length) } };
    });
    const told: LearnerInput[] = [];
    await using stage = await openStage(tiny.definition, {
      ...{ device: "cpu", threads: 1, features: true },
    });
    const records = new Subject<LogRecord>();
    const { moments } = new Interpretation(tiny.definition, {
      records,
      stage,
      answerWith: [],
      stopwatch: () => () => ({ total: micros(0), hops: {} }),
      learner: { push: (input) => told.push(input), capture: (taken) => taken(undefined) },
    });
    const left: string[][] = [];
    moments.subscribe(({ doubts }) => left.push(doubts.map(({ stream }) => stream)));
    for (const record of dead) records.next(record);
    await stage.drained();
    const rows = told.filter((input) => input.kind === "row");
    expect(rows.map(({ doubted = [] }) => doubted)).toEqual(left);
    expect([left[0], left.at(-1)]).toEqual([[], ["b"]]);
  });
});
