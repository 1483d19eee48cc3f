import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { ConfigError } from "../../../src/errors.ts";
import { borrowNumbers } from "../../../src/frames/DType.ts";
import { readLog } from "../../../src/log/readLog.ts";
import { writeLog } from "../../../src/log/writeLog.ts";
import { createInference } from "../../../src/models/unified/inference.ts";
import { decodeWeights } from "../../../src/models/unified/weights.ts";
import { recordReplays } from "../../../src/pipeline/recordReplays.ts";
import { startPipeline } from "../../../src/pipeline/startPipeline.ts";
import { findRecordings } from "../../../src/pipeline/training/findRecordings.ts";
import { readLines } from "../../../src/pipeline/training/readLines.ts";
import { scoreLines } from "../../../src/pipeline/training/scoreLines.ts";
import {
  type TrainRecordingsOptions,
  trainRecordings,
} from "../../../src/pipeline/training/trainRecordings.ts";
import { isHostTensor } from "../../../src/tensor/HostTensor.ts";
import { flattenTree } from "../../../src/tensor/tree.ts";
import { micros, millis, seconds } from "../../../src/units.ts";
import { TINY, tinyWeights } from "../../support/tinyModel.ts";
import { SENSORS, type TinyPipeline, tinyPipeline } from "../../support/tinyPipeline.ts";

let tiny: TinyPipeline;
let recording: string;
beforeAll(async () => {
  tiny = await tinyPipeline(12);
  recording = join(tiny.folder, "driven.mcap");
  const truth = Array.from({ length: 10 }, (_, at) => ({
    label: at % 2 === 0 ? "one" : "two",
    slot: "number",
    by: at === 3 ? "a person" : "truth",
    from: seconds(at + 0.2),
    to: seconds(at + 0.8),
  }));
  const strange = {
    label: "three",
    slot: "number",
    by: "truth",
    from: seconds(11),
    to: seconds(12),
  };
  const { signal } = new AbortController();
  const what = { recordable: tiny.definition, feed: tiny.options.feed };
  await recordReplays(recording, what, SENSORS, signal, { truth: [...truth, strange] });
}, 240_000);
afterAll(() => tiny[Symbol.asyncDispose]());

describe("readLines", () => {
  it("gives the very rows that the model is given live", async () => {
    const { lines } = await readLines(tiny.definition, {
      recordings: [recording],
      lookAhead: millis(40),
    });
    const [line] = lines[0] ?? [];
    expect(lines[0]).toHaveLength(1);
    const live: Float32Array[] = [];
    await using run = await startPipeline(tiny.definition, tiny.options);
    run.moments.subscribe(({ reading }) => live.push(reading.logProbabilities));
    await run.go();
    await using inference = await createInference(decodeWeights(tinyWeights()));
    let state = inference.initialState();
    for (let row = 0; row < live.length; row++) {
      const inputs = Object.fromEntries(
        Object.entries(line?.streams ?? {}).map(([name, { x, size, present }]) => [
          name,
          present[row] === 1 ? x.subarray(row * size, (row + 1) * size) : undefined,
        ]),
      );
      const result = await inference.step(inputs, state);
      state = result.state;
      expect([...result.outputs.logProbabilities]).toEqual([...(live[row] ?? [])]);
    }
    expect(live.length).toBeGreaterThan(290);
  }, 240_000);

  it("labels the rows that are about an event, whoever said so, and counts what has no class", async () => {
    const { lines, unknown } = await readLines(tiny.definition, {
      recordings: [recording],
      lookAhead: millis(40),
    });
    const [line] = lines[0] ?? [];
    // 0.2 s is instant 5; the row about it comes 40 ms, one row, later.
    expect([...(line?.labels.subarray(4, 24) ?? [])]).toEqual([
      ...[0, 0],
      ...new Array<number>(15).fill(1),
      ...[0, 0, 0],
    ]);
    expect(line?.labels[3 * 25 + 10]).toBe(2);
    expect(line?.truth).toHaveLength(10);
    expect([...unknown]).toEqual([["three", 1]]);
  });
});

/** The recording with another number in place of one of `a`'s, at each of these rows. */
async function withNumbers(name: string, numbers: Readonly<Record<number, number>>) {
  const path = join(tiny.folder, `${name}.mcap`);
  let row = 0;
  const altered = async function* () {
    for await (const record of readLog(recording)) {
      const other =
        record.kind === "DATA" && record.chunk.stream === "a" ? numbers[row++] : undefined;
      if (record.kind !== "DATA" || other === undefined) {
        if (record.kind !== "CHECKPOINT") yield record;
        continue;
      }
      const values = borrowNumbers(record.chunk.payload, "f32").slice().fill(other, 1, 2);
      yield { ...record, chunk: { ...record.chunk, payload: new Uint8Array(values.buffer) } };
    }
  };
  await writeLog(path, altered());
  return path;
}

describe("rows with numbers that nobody can compute with", () => {
  it("count as missing in their stream, where a model is trained as where it answers, and are told", async () => {
    const broken = await withNumbers("broken", { 30: 3.4e38, 31: Number.NaN, 40: -1e30 });
    const read = async (path: string) =>
      await readLines(tiny.definition, { recordings: [path], lookAhead: millis(40) });
    const [whole, altered] = [await read(recording), await read(broken)];
    expect([...whole.unusable]).toEqual([]);
    expect([...altered.unusable]).toEqual([["a", 3]]);
    const { a, b } = altered.lines[0]?.[0]?.streams ?? {};
    const known = whole.lines[0]?.[0]?.streams ?? {};
    const missing = [...(a?.present ?? [])].flatMap((there, row) => (there === 1 ? [] : [row]));
    expect(missing).toEqual([30, 31, 40]);
    expect(b).toEqual(known["b"]);

    const notes: string[] = [];
    const { out } = await trainRecordings(tiny.definition, {
      ...options("broken"),
      recordings: [broken],
      epochs: 1,
      onNote: (text) => notes.push(text),
    });
    expect(notes.join("\n")).toMatch(/^3 rows of a hold numbers that are not finite, or 1.8e19/m);
    const { params } = decodeWeights(await readFile(out));
    for (const [name, { data }] of flattenTree({ ...params }, isHostTensor))
      expect([name, data.every(Number.isFinite)]).toEqual([name, true]);
  }, 120_000);

  it("are scored as they are answered live, whoever made the rows", async () => {
    const { lines } = await readLines(tiny.definition, {
      recordings: [recording],
      lookAhead: millis(40),
    });
    const [line] = lines.flat();
    const a = line?.streams["a"];
    if (line === undefined || a === undefined) throw new Error("expected rows of a");
    const with60 = (x: Float32Array, present: Float32Array) => ({
      ...line,
      streams: { ...line.streams, a: { ...a, x, present } },
    });
    const huge = with60(a.x.slice().fill(3.4e38, 2 * 60, 2 * 61), a.present);
    const absent = with60(a.x, a.present.slice().fill(0, 60, 61));
    const answersTo = async (asked: typeof line) => {
      const answers: string[] = [];
      await scoreLines(decodeWeights(tinyWeights()), [asked], {
        ...{ slots: tiny.definition.slots, ignored: [] },
        onRow: ({ logProbabilities }) => answers.push(logProbabilities.join()),
      });
      return answers;
    };
    expect(await answersTo(huge)).toEqual(await answersTo(absent));
  }, 120_000);
});

const options = (name: string): TrainRecordingsOptions => ({
  recordings: [recording],
  seed: 1,
  epochs: 3,
  plan: {
    width: 8,
    codes: 5,
    codeDim: 4,
    embedding: 4,
    dilations: [1],
    jointDilations: [1],
    // What is drawn anew in every epoch must be so again after a stop.
    training: { rows: 20, stretches: 3, warmUp: 2, shuffled: true },
  },
  out: join(tiny.folder, `${name}.safetensors`),
  checkpoint: join(tiny.folder, `${name}.checkpoint`),
});

describe("trainRecordings", () => {
  it("writes weights that the pipeline runs on, and its curves", async () => {
    const notes: string[] = [];
    const report = await trainRecordings(tiny.definition, {
      ...options("whole"),
      validation: [recording],
      command: "sensorium train tiny",
      calibrate: true,
      onNote: (text) => notes.push(text),
    });
    expect(notes.join("\n")).toMatch(/1 label "three" is of no class/);
    expect(Object.keys(report.validation ?? {}).sort()).toEqual(["a", "a+b", "b"]);
    const weights = decodeWeights(await readFile(report.out), "tiny");
    expect(weights.config.classes).toEqual(TINY.classes);
    expect(weights.config.streams.map(({ size }) => size)).toEqual([2, 3]);
    expect(Object.keys(weights.config.fusion.temperatures ?? {}).sort()).toEqual(["a", "b"]);
    expect(weights.provenance["command"]).toBe("sensorium train tiny");
    expect(await readFile(report.curves, "utf8")).toMatch(/^<svg [\s\S]*polyline[\s\S]*epoch 3/);

    const { lines } = await readLines(tiny.definition, {
      recordings: [recording],
      lookAhead: micros(0),
    });
    const score = await scoreLines(weights, lines.flat(), {
      slots: tiny.definition.slots,
      ignored: [],
    });
    for (const share of Object.values(score)) expect(share).toBeLessThanOrEqual(1);
  }, 120_000);

  it("goes on where it was stopped, to the same weights", async () => {
    const whole = await trainRecordings(tiny.definition, options("one"));
    const stop = new AbortController();
    const stopped = trainRecordings(tiny.definition, {
      ...options("two"),
      onProgress: ({ epoch }) => {
        if (epoch === 1) stop.abort();
      },
      signal: stop.signal,
    });
    await expect(stopped).rejects.toThrow();
    const notes: string[] = [];
    const resumed = await trainRecordings(tiny.definition, {
      ...options("two"),
      onNote: (text) => notes.push(text),
    });
    expect(notes).toContain("goes on after epoch 1 of 3");
    const paramsOf = async (file: string) => decodeWeights(await readFile(file)).params;
    expect(await paramsOf(resumed.out)).toEqual(await paramsOf(whole.out));
  }, 120_000);

  it("leaves streams out where it is told to, and refuses what cannot be learnt", async () => {
    const { out } = await trainRecordings(tiny.definition, {
      ...options("alone"),
      epochs: 1,
      without: ["b"],
    });
    expect(decodeWeights(await readFile(out)).config.streams.map(({ name }) => name)).toEqual([
      "a",
    ]);
    await expect(
      trainRecordings(tiny.definition, { ...options("none"), without: ["a", "b"] }),
    ).rejects.toThrow(/expected a stream to be left/);
    const silent = { ...tiny.definition, slots: { number: ["four"] } };
    await expect(trainRecordings(silent, options("silent"))).rejects.toThrow(
      /expected labels of four/,
    );
    await expect(findRecordings([join(tiny.folder, "nowhere")])).rejects.toThrow(ConfigError);
  }, 120_000);
});
