import { describe, expect, it } from "vitest";
import type { Trial } from "../../../../src/evaluate/Study.ts";
import type {
  GmcBench,
  InstantEmbeddings,
  Instants,
} from "../../../../src/evaluate/studies/gmc/GmcTask.ts";
import { ccaTrial } from "../../../../src/evaluate/studies/gmc/trials/ccaTrial.ts";
import { contrastTrial } from "../../../../src/evaluate/studies/gmc/trials/contrastTrial.ts";
import { infoncePairsTrial } from "../../../../src/evaluate/studies/gmc/trials/infoncePairsTrial.ts";
import { jointNetworkTrial } from "../../../../src/evaluate/studies/gmc/trials/jointNetworkTrial.ts";
import { missingTrial } from "../../../../src/evaluate/studies/gmc/trials/missingTrial.ts";
import { separateTrial } from "../../../../src/evaluate/studies/gmc/trials/separateTrial.ts";
import { type HostTensor, hostTensor } from "../../../../src/tensor/HostTensor.ts";
import { Rng } from "../../../../src/tensor/Rng.ts";
import { memorySet } from "../../sets/memorySet.ts";

const SIZES = { left: 6, right: 5, third: 4 } as const;
const CLASSES = 3;

/** Noisy views of a class, each modality its own random linear picture of it. */
function instants(count: number, seed: number): Instants {
  const rng = Rng.fromSeed(seed);
  const labels = Int32Array.from({ length: count }, (_, i) => i % CLASSES);
  const centres = Rng.fromSeed(77);
  const all = Object.entries(SIZES).map(([name, size]) => {
    const means = centres.normalArray(CLASSES * size, 0, 2);
    const data = Float32Array.from({ length: count * size }, (_, i) =>
      rng.normal(means[(labels[Math.floor(i / size)] ?? 0) * size + (i % size)], 0.5),
    );
    return { name, size, data };
  });
  return {
    count,
    labels,
    inputs: (rows) =>
      Object.fromEntries(
        all.map(({ name, size, data }): [string, HostTensor<"float32">] => [
          name,
          hostTensor(
            Float32Array.from(
              { length: rows.length * size },
              (_, i) => data[(rows[Math.floor(i / size)] ?? 0) * size + (i % size)] ?? 0,
            ),
            [rows.length, size],
          ),
        ]),
      ),
  };
}

const bench: GmcBench = {
  config: {
    modalities: Object.entries(SIZES).map(([name, size]) => ({
      name,
      shape: [size],
      layers: [{ kind: "dense", width: 12, activation: "gelu", normalization: "batch" }],
    })),
    width: 8,
    head: { hidden: [], activation: "none", embedding: 8 },
    temperature: 0.3,
    dropout: 0.1,
  },
  classes: CLASSES,
  batch: 16,
  rate: 5e-3,
  load: async () => ({
    train: instants(160, 1),
    test: instants(45, 2),
    further: (name, predicted) => ({ [`named/${name}`]: predicted.length }),
    align: ({ joint }: InstantEmbeddings) => ({ "rows/joint": joint.shape[0] ?? 0 }),
  }),
};

const run = (trial: Trial, seed = 1) => {
  const lines: string[] = [];
  const context = {
    data: memorySet({}),
    split: "dev",
    seed,
    threads: 1,
    progress: (line: string) => void lines.push(line),
  };
  return trial.run(context);
};
const NAMES = Object.keys(SIZES);
const SUBSETS = ["joint", ...NAMES, "left+right", "left+third", "right+third"];

describe("the trials of GMC", () => {
  it("carry a classifier of the joint over to every subset", async () => {
    const trial = contrastTrial(bench, { variant: "", summary: "", epochs: 12 });
    const metrics = await run(trial);
    for (const subset of SUBSETS) expect(metrics[`accuracy/${subset}`]).toBeGreaterThan(0.9);
    expect(metrics["named/left"]).toBe(45);
    expect(metrics["rows/joint"]).toBe(45);
  });

  it("are a function of the seed", async () => {
    const trial = contrastTrial(bench, { variant: "", summary: "", epochs: 1, labels: "all" });
    const [one, same] = [await run(trial, 3), await run(trial, 3)];
    expect(one).toEqual(same);
  });

  it("train a head on the joint alone, or on every embedding", async () => {
    const shared = { variant: "", summary: "", epochs: 12 } as const;
    const joint = await run(contrastTrial(bench, { ...shared, labels: "joint", contrast: 0 }));
    expect(joint["accuracy/joint"]).toBeGreaterThan(0.9);
    const alone = NAMES.map((name) => joint[`accuracy/${name}`] ?? 1);
    const all = await run(contrastTrial(bench, { ...shared, labels: "all", contrast: 0 }));
    const taught = NAMES.map((name) => all[`accuracy/${name}`] ?? 0);
    expect(Math.min(...taught)).toBeGreaterThan(0.9);
    expect(Math.min(...alone)).toBeLessThan(0.8);
  });

  it("leave modalities out where asked to", async () => {
    const two = contrastTrial(bench, {
      variant: "",
      summary: "",
      epochs: 8,
      modalities: ["left", "third"],
      form: "paper",
    });
    const metrics = await run(two);
    expect(metrics["accuracy/left"]).toBeGreaterThan(0.8);
    expect(metrics).not.toHaveProperty("accuracy/right");
  });

  it("show the harm of zeros to a joint network that never saw them, and their cure", async () => {
    const shared = { variant: "", summary: "", epochs: 12 } as const;
    const [zeros, subsets] = [
      await run(jointNetworkTrial(bench, { ...shared, subsets: "all" })),
      await run(jointNetworkTrial(bench, { ...shared, subsets: "random" })),
    ];
    expect(zeros["accuracy/joint"]).toBeGreaterThan(0.9);
    for (const name of NAMES) expect(subsets[`accuracy/${name}`]).toBeGreaterThan(0.9);
    const mean = (of: Readonly<Record<string, number>>): number =>
      NAMES.reduce((sum, name) => sum + (of[`accuracy/${name}`] ?? 0), 0);
    expect(mean(subsets)).toBeGreaterThanOrEqual(mean(zeros));
  });

  it("add the decisions of separate heads, and tell how separate embeddings lie", async () => {
    const shared = { variant: "", summary: "", epochs: 12 } as const;
    const fused = await run(separateTrial(bench, shared));
    for (const subset of SUBSETS) expect(fused[`accuracy/${subset}`]).toBeGreaterThan(0.9);
    expect(fused["rows/joint"]).toBe(45);
  });

  it("learn from incomplete instants by skipping them or by a teacher", async () => {
    const shared = { variant: "", summary: "", epochs: 15, missing: 0.4 } as const;
    const layers = [{ kind: "dense", width: 12, activation: "gelu" }] as const;
    const modalities = bench.config.modalities.map((modality) => ({ ...modality, layers }));
    const own = { ...bench, config: { ...bench.config, modalities } };
    for (const incomplete of ["skip", { teacherDecay: 0.95 }] as const) {
      const metrics = await run(missingTrial(own, { ...shared, incomplete }));
      for (const subset of SUBSETS) expect(metrics[`accuracy/${subset}`]).toBeGreaterThan(0.85);
    }
  });

  it("contrast pairs without a joint encoder", async () => {
    const metrics = await run(infoncePairsTrial(bench, 12));
    for (const subset of SUBSETS) expect(metrics[`accuracy/${subset}`]).toBeGreaterThan(0.9);
  });

  it("have a linear counterpart", async () => {
    const trial = ccaTrial(bench, { instants: 160, components: 4, flatten: (inputs) => inputs });
    const metrics = await run(trial);
    for (const name of ["joint", ...NAMES])
      expect(metrics[`accuracy/${name}`]).toBeGreaterThan(0.85);
    expect(metrics["rows/joint"]).toBe(45);
  });
});
