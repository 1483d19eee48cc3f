import { beforeAll, describe, expect, it } from "vitest";

import { type Answers, accuracyOf, answer } from "../../../../src/evaluate/studies/mla/Answers.ts";
import { studyConfig } from "../../../../src/evaluate/studies/mla/encoders.ts";
import { ForgettingProbe } from "../../../../src/evaluate/studies/mla/ForgettingProbe.ts";
import { foldTemperatures } from "../../../../src/evaluate/studies/mla/foldTemperatures.ts";
import { fusedAccuracies } from "../../../../src/evaluate/studies/mla/fuseAnswers.ts";
import { JointAnswerer } from "../../../../src/evaluate/studies/mla/JointAnswerer.ts";
import type { SubsetTask } from "../../../../src/evaluate/studies/mla/SubsetTask.ts";
import { trainJoint } from "../../../../src/evaluate/studies/mla/trainJoint.ts";
import { trainMla } from "../../../../src/evaluate/studies/mla/trainMla.ts";
import { MlaTrainer } from "../../../../src/models/mla/method.ts";
import { initMla } from "../../../../src/models/mla/network.ts";
import { Rng } from "../../../../src/tensor/Rng.ts";
import { tf } from "../../../../src/tensor/tf.ts";

beforeAll(async () => {
  await tf.setBackend("cpu");
});

const ENCODERS = {
  clear: { input: [4], layers: [{ kind: "dense", width: 8 }] },
  vague: { input: [3], layers: [] },
} as const;
const SCHEDULE = { epochs: 12, batch: 16, peakRate: 0.02, dropout: 0.1 };
const COUNT = 96;

/** Three classes: `clear` shows them plainly, `vague` with noise. */
function toyTask(): SubsetTask {
  const rng = Rng.fromSeed(1);
  const make = (count: number) => {
    const labels = Int32Array.from({ length: count }, () => rng.int(0, 3));
    const show = (size: number, strength: number): Float32Array => {
      const x = rng.normalArray(count * size);
      labels.forEach((label, row) => {
        x[row * size + label] = (x[row * size + label] ?? 0) + strength;
      });
      return x;
    };
    return { labels, inputs: { clear: show(4, 5), vague: show(3, 2) } };
  };
  const [train, test] = [make(COUNT), make(60)];
  const gather = (name: "clear" | "vague", rows: ArrayLike<number>): Float32Array => {
    const size = ENCODERS[name].input[0];
    return Float32Array.from(
      Array.from(rows).flatMap((row) =>
        Array.from(train.inputs[name].subarray(row * size, (row + 1) * size)),
      ),
    );
  };
  return {
    encoders: ENCODERS,
    classes: 3,
    source: {
      count: COUNT,
      labels: train.labels,
      draw: (modality, rows) => gather(modality === "clear" ? "clear" : "vague", rows),
    },
    people: Int32Array.from({ length: COUNT }, (_, row) => row % 2),
    plain: (rows) => ({
      labels: Int32Array.from(rows, (row) => train.labels[row] ?? 0),
      inputs: { clear: gather("clear", rows), vague: gather("vague", rows) },
    }),
    test,
    schedule: SCHEDULE,
    missingSchedule: SCHEDULE,
  };
}

const task = toyTask();
const config = studyConfig(ENCODERS, 3);
const rows = Array.from({ length: COUNT }, (_, row) => row);
const common = { config, source: task.source, schedule: SCHEDULE, seed: 1, threads: 1 };
const accuracies = ({ labels, logits }: Answers): number[] =>
  Object.values(logits).map((own) => accuracyOf(own, labels));

describe("trainMla", () => {
  it("learns each modality, and the better one is the better one", async () => {
    const params = await trainMla({ ...common, rows: () => rows });
    const answers = await answer(config, params, task.test, 1);
    const [clear = 0, vague = 0] = accuracies(answers);
    expect(clear).toBeGreaterThan(0.95);
    expect(vague).toBeGreaterThan(0.6);
    const [fused = 0] = await fusedAccuracies(answers, [{ sharpness: 1 }]);
    expect(fused).toBeGreaterThanOrEqual(clear - 0.01);
  });

  it("gives the same weights for the same seed", async () => {
    const short = { ...common, schedule: { ...SCHEDULE, epochs: 1 }, rows: () => rows };
    expect(await trainMla(short)).toEqual(await trainMla(short));
    const other = await trainMla({ ...short, seed: 2 });
    expect(other).not.toEqual(await trainMla(short));
  });

  it("steps each modality as often as its own examples fill batches", async () => {
    const steps: string[] = [];
    await trainMla({
      ...common,
      schedule: { ...SCHEDULE, epochs: 2 },
      rows: (modality) => (modality === "clear" ? rows : rows.slice(0, 32)),
      onStep: async (when, modality) => {
        if (when === "after") steps.push(modality);
      },
    });
    expect(steps.filter((name) => name === "clear")).toHaveLength(12);
    expect(steps.filter((name) => name === "vague")).toHaveLength(4);
  });

  it("leaves a modality without examples as it was drawn", async () => {
    const params = await trainMla({
      ...common,
      schedule: { ...SCHEDULE, epochs: 1 },
      rows: (modality) => (modality === "clear" ? rows : []),
    });
    const init = Rng.fromSeed(1).fork("weights");
    const fresh = initMla(config, () => init.uniform());
    expect(params.encoders["vague"]).toEqual(fresh.encoders["vague"]);
    expect(params.encoders["clear"]).not.toEqual(fresh.encoders["clear"]);
  });
});

describe("ForgettingProbe", () => {
  it("tells how much a step of one modality costs the others", async () => {
    const params = await trainMla({ ...common, rows: () => rows });
    const probe = task.plain(rows.slice(0, 24));
    await using trainer = await MlaTrainer.open({ config, params, batch: 24 });
    await using forgetting = await ForgettingProbe.open(config, params, probe, 1);
    const step = async (labels: Int32Array): Promise<void> => {
      const x = probe.inputs["clear"] ?? new Float32Array(0);
      await forgetting.onStep("before", "clear", trainer);
      await trainer.step("clear", { x, labels }, { learningRate: 0.2 });
      await forgetting.onStep("after", "clear", trainer);
    };
    // A large step towards other labels unlearns what the head knew of both.
    await step(probe.labels.map((label) => (label + 1) % 3));
    expect(Object.keys(forgetting.changes)).toEqual(["vague"]);
    expect(forgetting.changes["vague"]).toBeGreaterThan(0.05);
  });

  it("measures one step in so many", async () => {
    let steps = 0;
    await using probe = await ForgettingProbe.open(
      config,
      initMla(config, () => 0.5),
      task.plain(rows.slice(0, 24)),
      6,
    );
    await trainMla({
      ...common,
      schedule: { ...SCHEDULE, epochs: 1 },
      rows: () => rows,
      onStep: async (...step) => {
        await probe.onStep(...step);
        if (step[0] === "before") steps++;
      },
    });
    expect(steps).toBe(12);
    // Steps 0 and 6 are of `clear`: only what they did to `vague` is known.
    expect(Object.keys(probe.changes)).toEqual(["vague"]);
  });
});

describe("trainJoint", () => {
  it("reads all modalities at once, and copes with missing ones where it was trained to", async () => {
    const readout = "concat-flags" as const;
    const params = await trainJoint({ ...common, readout, rows, randomSubsets: true });
    await using answerer = await JointAnswerer.open(config, readout, params, 1);
    const ask = async (present: readonly [number, number]): Promise<number> => {
      const there = Uint8Array.from({ length: 120 }, (_, i) => present[i % 2] ?? 0);
      return accuracyOf(await answerer.answer(task.test, there), task.test.labels);
    };
    expect(await ask([1, 1])).toBeGreaterThan(0.95);
    expect(await ask([1, 0])).toBeGreaterThan(0.9);
    expect(await ask([0, 1])).toBeGreaterThan(0.5);
  });

  it("trains a shared head without alternation", async () => {
    const params = await trainJoint({ ...common, readout: "shared", rows });
    const [clear = 0] = accuracies(await answer(config, params, task.test, 1));
    expect(clear).toBeGreaterThan(0.95);
  });
});

describe("foldTemperatures", () => {
  it("fits one per modality on people left out, and none where people are not known", async () => {
    const context = { seed: 1, threads: 1, progress: () => undefined };
    const temperatures = await foldTemperatures(task, config, context);
    expect(Object.keys(temperatures)).toEqual(["clear", "vague"]);
    for (const value of Object.values(temperatures)) {
      expect(value).toBeGreaterThan(0.3);
      expect(value).toBeLessThan(3);
    }
    const { people: _, ...unknown } = task;
    expect(await foldTemperatures(unknown, config, context)).toEqual({});
  });
});
