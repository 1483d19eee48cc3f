import { Worker } from "node:worker_threads";
import { firstValueFrom, take, toArray } from "rxjs";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";

import type { Frameset } from "../../src/frames/Frameset.ts";
import type { Reading } from "../../src/frames/Reading.ts";
import { type AdaptedPart, trainedPart } from "../../src/models/unified/adapted.ts";
import type { InferenceState } from "../../src/models/unified/inference.ts";
import { decodeWeights, encodeWeights } from "../../src/models/unified/weights.ts";
import type { FeatureRow } from "../../src/stage/FeatureRow.ts";
import { OnnxExtractor } from "../../src/stage/OnnxExtractor.ts";
import { Stage, type StageOptions } from "../../src/stage/Stage.ts";
import { defineProgram } from "../../src/tensor/defineProgram.ts";
import { exportOnnx } from "../../src/tensor/exportOnnx.ts";
import { hostTensor } from "../../src/tensor/HostTensor.ts";
import { float32 } from "../../src/tensor/TensorSpec.ts";
import { tf } from "../../src/tensor/tf.ts";
import { micros } from "../../src/units.ts";
import { type BuiltWorker, buildStageWorker } from "../support/stageWorker.ts";
import { TINY, tinyWeights } from "../support/tinyModel.ts";

const OPTIONS: StageOptions = {
  name: "tiny",
  weights: tinyWeights(),
  device: "cpu",
  threads: 1,
  capacity: 128,
};

/** Row `index` of a stream that says something else at every instant; b is missing at odd ones. */
function row(index: number): FeatureRow {
  const hasB = index % 2 === 0;
  const missing = { presence: "missing", reason: "gap" } as const;
  const frameset: Frameset = {
    id: `lab:${index * 40_000}:1`,
    site: "lab",
    time: micros(index * 40_000),
    index,
    config: 1,
    cells: { a: missing, b: missing },
  };
  return {
    frameset,
    inputs: {
      a: Float32Array.of(Math.sin(index), Math.cos(3 * index)),
      b: hasB ? Float32Array.of(index / 10, -1, Math.sin(2 * index)) : undefined,
    },
    views: {},
  };
}

let built: BuiltWorker;
/** A stage that nothing happens to, for what needs none of its own, and its readings of the first rows. */
let calm: Stage;
let calmReadings: readonly Reading[];
/** Its state after the 25th row. */
let calmState: InferenceState | undefined;
const open: Stage[] = [];

async function stage(options: Partial<StageOptions> = {}): Promise<Stage> {
  const opened = await Stage.open({ ...OPTIONS, spawn: built.spawn, ...options });
  open.push(opened);
  return opened;
}

async function readingsOf(rows: number, using: Stage): Promise<Reading[]> {
  const readings = firstValueFrom(using.readings.pipe(take(rows), toArray()));
  for (let index = 0; index < rows; index++) using.submit(row(index));
  return readings;
}

/** A worker, put down so that a test can end it. */
function remembered(threads: Worker[]): Worker {
  const worker = built.spawn();
  threads.push(worker);
  return worker;
}

/** A worker that is ready at once, and throws when it is told to close. */
function breaking(): Worker {
  return new Worker(
    `const { parentPort } = require("node:worker_threads");
     const ready = { type: "ready", model: "m", classes: [], prior: [], lookAhead: 0, codes: 0 };
     parentPort.on("message", ({ type }) => {
       if (type === "close") throw new Error("broken");
       if (type === "open") parentPort.postMessage(ready);
     });`,
    { eval: true },
  );
}

beforeAll(async () => {
  built = await buildStageWorker();
  calm = await Stage.open({ ...OPTIONS, spawn: built.spawn });
  const readings = firstValueFrom(calm.readings.pipe(take(70), toArray()));
  for (let index = 0; index < 70; index++) {
    calm.submit(row(index));
    if (index === 24) calm.capture((state) => (calmState = state));
  }
  calmReadings = await readings;
});

afterEach(async () => {
  for (const opened of open.splice(0)) await opened[Symbol.asyncDispose]();
});

afterAll(async () => {
  await calm[Symbol.asyncDispose]();
  await built[Symbol.asyncDispose]();
});

describe("Stage", () => {
  it("says what its model is, and starts its own worker from the sources", async () => {
    await using opened = await Stage.open(OPTIONS);
    const { model } = opened;
    expect(model).toMatchObject({
      device: "cpu",
      classes: ["nothing", "one", "two"],
      lookAhead: 40_000,
      codes: 5,
    });
    expect(model.version).toMatch(/^tiny-[0-9a-f]{12}$/);
  });

  it("answers each row once, in order, about the instant one look-ahead before it", () => {
    const readings = calmReadings.slice(0, 6);
    expect(readings.map(({ id }) => id)).toEqual(
      [0, 1, 2, 3, 4, 5].map((k) => `lab:${k * 40_000}:1`),
    );
    expect(readings.map(({ labelTime }) => labelTime)).toEqual(
      [-1, 0, 1, 2, 3, 4].map((k) => k * 40_000),
    );
    expect(Object.keys(readings[0]?.streams ?? {})).toEqual(["a", "b"]);
    expect(Object.keys(readings[1]?.streams ?? {})).toEqual(["a"]);
    expect(readings[0]?.subsets.map(({ streams }) => streams.join("+")).sort()).toEqual([
      "a",
      "a+b",
      "b",
    ]);
  });

  it("gives the same bits on every run", async () => {
    expect(await readingsOf(30, await stage())).toEqual(calmReadings.slice(0, 30));
  });

  it("answers without a stream whose numbers cannot be computed with, and says so", async () => {
    const readings = firstValueFrom(calm.readings.pipe(take(3), toArray()));
    for (let index = 0; index < 3; index++) {
      const { inputs, ...rest } = row(2 * index);
      const a = index === 1 ? Float32Array.of(3.4e38, 3.4e38) : inputs["a"];
      calm.submit({ ...rest, inputs: { ...inputs, a } });
    }
    const [before, during, after] = await readings;
    expect(during?.unusable).toEqual(["a"]);
    expect(Object.keys(during?.streams ?? {})).toEqual(["b"]);
    for (const reading of [before, after]) {
      expect(reading).not.toHaveProperty("unusable");
      expect(Object.keys(reading?.streams ?? {})).toEqual(["a", "b"]);
    }
  });

  it("goes on with a new worker where the old one died, without losing or repeating a row", async () => {
    const threads: Worker[] = [];
    const opened = await stage({ spawn: () => remembered(threads) });
    const readings: Reading[] = [];
    opened.readings.subscribe((reading) => readings.push(reading));
    for (let index = 0; index < 40; index++) opened.submit(row(index));
    await opened.drained();
    await threads[0]?.terminate();
    for (let index = 40; index < 70; index++) opened.submit(row(index));
    await opened.drained();
    expect(opened.restarts).toBe(1);
    expect(readings).toEqual(calmReadings);
  });

  it("goes on where another stage left off, whatever that one was given in the meantime", async () => {
    const first = await stage();
    const states: InferenceState[] = [];
    const places: number[] = [];
    let answered = 0;
    first.readings.subscribe(() => answered++);
    for (let index = 0; index < 60; index++) {
      first.submit(row(index));
      if (index % 10 !== 9) continue;
      first.capture((state) => {
        if (state !== undefined) states.push(state);
        places.push(answered);
      });
    }
    await first.drained();
    await expect.poll(() => places).toEqual([10, 20, 30, 40, 50, 60]);
    const second = await stage();
    second.restore(states[3] ?? { arrays: new Map() });
    const readings = firstValueFrom(second.readings.pipe(take(20), toArray()));
    for (let index = 40; index < 60; index++) second.submit(row(index));
    expect(await readings).toEqual(calmReadings.slice(40, 60));
    expect(() => second.restore({ arrays: new Map() })).toThrow("expected no rows before");
  });

  it("gives the state that was asked for although the worker dies over it", async () => {
    const threads: Worker[] = [];
    const opened = await stage({ spawn: () => remembered(threads) });
    for (let index = 0; index < 25; index++) opened.submit(row(index));
    // Each 25 rows the worker sends its state: with and without rows to compute again.
    for (const isSettled of [false, true]) {
      if (isSettled) await opened.drained();
      const state = new Promise((resolve) => opened.capture(resolve));
      await threads.at(-1)?.terminate();
      expect(await state).toEqual(calmState);
    }
    expect(opened.restarts).toBe(2);
  });

  it("ends with an error when its workers die too often", async () => {
    const threads: Worker[] = [];
    const opened = await stage({ maxRestarts: 0, spawn: () => remembered(threads) });
    const ended = new Promise((resolve) => opened.readings.subscribe({ error: resolve }));
    await threads[0]?.terminate();
    expect(String(await ended)).toContain("the worker died 1 times");
  });

  it("bears any number of deaths as long as it gets on between them", async () => {
    const threads: Worker[] = [];
    const opened = await stage({ maxRestarts: 1, spawn: () => remembered(threads) });
    const readings = firstValueFrom(opened.readings.pipe(take(70), toArray()));
    for (let index = 0; index < 70; index++) {
      opened.submit(row(index));
      if (index % 30 !== 29) continue;
      await opened.drained();
      await threads.at(-1)?.terminate();
    }
    expect(await readings).toEqual(calmReadings);
    expect(opened.restarts).toBe(2);
  });

  it("outlives a worker that breaks while it is being ended", async () => {
    const opened = await stage({ spawn: breaking });
    await opened[Symbol.asyncDispose]();
    expect(opened.submit(row(0))).toBe("refused");
  });

  it("answers no row behind one that its worker fails at", async () => {
    const opened = await stage({ maxRestarts: 1 });
    const readings: Reading[] = [];
    const ended = new Promise((resolve) =>
      opened.readings.subscribe({ next: (reading) => readings.push(reading), error: resolve }),
    );
    for (let index = 0; index < 6; index++) {
      const { inputs, ...rest } = row(index);
      const a = index === 2 ? new Float32Array(3) : inputs["a"];
      opened.submit({ ...rest, inputs: { ...inputs, a } });
    }
    expect(String(await ended)).toContain("expected 2 features, got 3");
    expect(readings).toEqual(calmReadings.slice(0, 2));
  });

  it("refuses and counts a row when too many wait", async () => {
    const opened = await stage({ capacity: 2 });
    const outcomes = [0, 1, 2, 3].map((index) => opened.submit(row(index)));
    expect(outcomes).toEqual(["accepted", "accepted", "refused", "refused"]);
    expect(opened.refused).toBe(2);
    await opened.drained();
    expect(opened.submit(row(4))).toBe("accepted");
  });

  it("can be disposed of in the middle of a row: a thread is never ended within native code", async () => {
    for (let round = 0; round < 2; round++) {
      const opened = await stage();
      for (let index = 0; index < 100; index++) opened.submit(row(index));
      await opened[Symbol.asyncDispose]();
      expect(opened.submit(row(100))).toBe("refused");
    }
  });

  it("sends a stream's features through a model file from elsewhere first", async () => {
    const affine = defineProgram({
      name: "affine",
      inputs: { x: float32([1, 2]) },
      body: ({ x }) => ({ y: tf.add(tf.mul(x, 2), 1) }),
    });
    const extractors = { a: exportOnnx(affine) };
    const raw = await readingsOf(6, await stage({ extractors }));
    const inside = await stage();
    const expected = firstValueFrom(inside.readings.pipe(take(6), toArray()));
    for (let index = 0; index < 6; index++) {
      const { inputs, ...rest } = row(index);
      const a = inputs["a"]?.map((value) => 2 * value + 1);
      inside.submit({ ...rest, inputs: { ...inputs, a } });
    }
    expect(raw).toEqual(await expected);
  });

  it("says what is wrong with an extractor that takes other inputs, or other numbers of them", async () => {
    const pair = defineProgram({
      name: "pair",
      inputs: { x: float32([2]), y: float32([2]) },
      body: ({ x, y }) => ({ z: tf.add(x, y) }),
    });
    await expect(stage({ extractors: { a: exportOnnx(pair) } })).rejects.toThrow(
      'extractor of stream a: expected one float32 input and a float32 output, got "x" float32[2], "y" float32[2] to "z" float32[2]',
    );
    const wide = defineProgram({
      name: "wide",
      inputs: { x: float32([3]) },
      body: ({ x }) => ({ y: tf.neg(x) }),
    });
    await using extractor = await OnnxExtractor.open("a", exportOnnx(wide));
    await expect(extractor.extract(new Float32Array(2))).rejects.toThrow(
      'expected features that fill "x" float32[3], got 2 of them',
    );
  });

  it("says what is wrong with weights that are none", async () => {
    await expect(Stage.open({ ...OPTIONS, weights: new Uint8Array(9) })).rejects.toThrow("Stage: ");
  });

  it("refuses sizes of nothing at once", async () => {
    await expect(Stage.open({ ...OPTIONS, capacity: 0 })).rejects.toThrow("capacity must be >= 1");
    await expect(Stage.open({ ...OPTIONS, threads: 0 })).rejects.toThrow("threads must be >= 1");
  });

  it("leaves no thread behind, however often it is disposed", async () => {
    const threads: Worker[] = [];
    const opened = await stage({ spawn: () => remembered(threads) });
    const ended = new Promise((resolve) => threads[0]?.once("exit", resolve));
    const first = opened[Symbol.asyncDispose]();
    // The second waits for what the first has begun: whoever comes back finds no thread.
    await opened[Symbol.asyncDispose]();
    expect(threads[0]?.threadId).toBe(-1);
    await first;
    await ended;
    expect(threads).toHaveLength(1);
  });
});

describe("Stage, while its model changes", () => {
  const CLASSES = TINY.classes.length;
  /** The trained heads with another bias: definite, and another answer for every row. */
  const shifted = (by: number): AdaptedPart => {
    const part = trainedPart(decodeWeights(tinyWeights()));
    return { ...part, headBias: part.headBias.map((value, k) => value + (k % CLASSES) * by) };
  };

  it("answers with the version in force where the row was handed in", async () => {
    const readings = firstValueFrom(calm.readings.pipe(take(6), toArray()));
    for (let index = 0; index < 6; index++) {
      if (index === 2) calm.serve({ version: "second", part: shifted(1) });
      if (index === 4) calm.serve({ version: calm.model.version });
      calm.submit(row(index));
    }
    const versions = (await readings).map(({ model }) => model);
    const { version } = calm.model;
    expect(versions).toEqual([version, version, "second", "second", version, version]);
  });

  it("gives the bits of a stage whose weights had that head and those codes from the start", async () => {
    const part = shifted(2);
    const trained = decodeWeights(tinyWeights());
    const bias = hostTensor(part.headBias.slice(0, CLASSES), [CLASSES]);
    const head = { ...trained.params.head, bias };
    const weights = encodeWeights({ ...trained, params: { ...trained.params, head } });
    const expected = await readingsOf(5, await stage({ weights }));
    const changed = await stage();
    changed.serve({ version: expected[0]?.model ?? "", part });
    expect(await readingsOf(5, changed)).toEqual(expected);
  });

  it("lets one stream answer by another head, and leaves the other's answer as it was", async () => {
    const part = trainedPart(decodeWeights(tinyWeights()));
    const expected = await readingsOf(1, await stage());
    const changed = await stage();
    const headBias = part.headBias.map((value, k) => (k === CLASSES + 1 ? value + 3 : value));
    changed.serve({ version: expected[0]?.model ?? "", part: { ...part, headBias } });
    const [before, after] = [expected[0], (await readingsOf(1, changed))[0]];
    expect(after?.streams["a"]?.logProbabilities).toEqual(before?.streams["a"]?.logProbabilities);
    expect(after?.streams["b"]?.logProbabilities[1]).toBeGreaterThan(
      before?.streams["b"]?.logProbabilities[1] ?? 0,
    );
  });

  it("loses no row in 100 changes, and keeps them in order when the worker dies among them", async () => {
    const play = async (dies: boolean): Promise<{ readings: Reading[]; restarts: number }> => {
      const threads: Worker[] = [];
      const opened = await stage({ capacity: 512, spawn: () => remembered(threads) });
      const readings: Reading[] = [];
      opened.readings.subscribe((reading) => readings.push(reading));
      for (let index = 0; index < 300; index++) {
        if (index % 3 === 0) opened.serve({ version: `v${index / 3}`, part: shifted(index / 100) });
        if (dies && index === 140) {
          await opened.drained();
          await threads[0]?.terminate();
        }
        opened.submit(row(index));
      }
      await opened.drained();
      return { readings, restarts: opened.restarts };
    };
    const undisturbed = await play(false);
    expect(undisturbed.readings.map(({ id, model }) => `${id} ${model}`)).toEqual(
      Array.from({ length: 300 }, (_, k) => `lab:${k * 40_000}:1 v${Math.floor(k / 3)}`),
    );
    const disturbed = await play(true);
    expect(disturbed.restarts).toBe(1);
    expect(disturbed.readings).toEqual(undisturbed.readings);
  });

  it("says under which generation a code was found", async () => {
    const part = shifted(0);
    calm.serve({
      version: "reset",
      part: { ...part, generations: part.generations.map(() => 3) },
    });
    const [reading] = await readingsOf(1, calm);
    expect(reading?.streams["a"]?.generation).toBe(3);
    calm.serve({ version: calm.model.version });
    const [next] = await readingsOf(1, calm);
    expect(next?.streams["a"]).not.toHaveProperty("generation");
  });

  it("gives what the head read to whoever asks for it, and to nobody else", async () => {
    const asked = await stage({ features: true });
    for (const [opened, has] of [
      [calm, false],
      [asked, true],
    ] as const) {
      const answer = firstValueFrom(opened.answers);
      opened.submit(row(0));
      const { features } = await answer;
      expect(features !== undefined).toBe(has);
      if (has) expect(features?.jointZ).toHaveLength(3 * 4);
    }
  });
});
