import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { corpusLine } from "../../pipelines/talking-face/train/corpusLine.ts";
import { modelConfig } from "../../pipelines/talking-face/train/modelConfig.ts";
import { readCheckpoint, writeCheckpoint } from "../../src/learn/checkpoints/TrainingCheckpoint.ts";
import { initTrainerState } from "../../src/learn/UnifiedTrainer.ts";
import { initParams } from "../../src/models/unified/params.ts";
import { Rng } from "../../src/tensor/Rng.ts";
import { writeGridFiles } from "../support/gridFiles.ts";

let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sensorium-train-"));
  await writeGridFiles(folder, "dev", 3);
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe("corpusLine", () => {
  it("lays the sentences on the rows as the sensors stream them", async () => {
    const line = await corpusLine({ directory: folder, split: "dev", seed: 4 });
    expect(line.words.map(({ label }) => label)).toEqual([
      "bin",
      "two",
      "bin",
      "two",
      "bin",
      "two",
    ]);
    for (const [i, { fromMs, toMs, label }] of line.words.entries()) {
      if (label !== "bin") continue;
      expect(toMs - fromMs).toBe(300);
      // Half a second before its first word each sentence's own picture begins.
      const row = (fromMs - 500) / 40;
      expect(line.mouth[row * 560]).toBe(10 * (i / 2) + 50);
    }
    expect(line.pcm).toHaveLength(line.rows * 640);
  });

  it("lays babble under the sentences alone", async () => {
    await writeGridFiles(folder, "noisy", 5);
    const where = { directory: folder, split: "noisy", seed: 4 };
    const clean = await corpusLine(where);
    const noisy = await corpusLine({ ...where, babbleDb: 6 });
    const first = clean.words[0]?.fromMs ?? 0;
    const sentence = (first - 500) * 16;
    expect(noisy.pcm.subarray(0, sentence)).toEqual(clean.pcm.subarray(0, sentence));
    expect(noisy.pcm[sentence + 1_000]).not.toBe(clean.pcm[sentence + 1_000]);
    expect(noisy.mouth).toEqual(clean.mouth);
  });
});

describe("a checkpoint", () => {
  const config = { ...modelConfig(new Array(52).fill(1 / 52)), width: 8, codes: 4, specific: 4 };
  const rng = Rng.fromSeed(2);
  const state = initTrainerState(
    config,
    initParams(config, () => rng.uniform()),
  );

  it("gives back the run's state and epoch", async () => {
    const file = join(folder, "run.safetensors");
    await writeCheckpoint(file, "this run", {
      state: { ...state, step: 12 },
      epoch: 3,
      curves: [{ loss: 2 }],
    });
    const back = await readCheckpoint(file, "this run", config);
    expect(back?.epoch).toBe(3);
    expect(back?.state.step).toBe(12);
    expect(back?.state.params.head.weight.data).toEqual(state.params.head.weight.data);
    expect(back?.state.codebook.idle.data).toEqual(state.codebook.idle.data);
  });

  it("gives back the best epoch, one that was never scored too", async () => {
    const file = join(folder, "run.safetensors");
    for (const merit of [0.5, Number.NEGATIVE_INFINITY]) {
      const { params, codebook } = state;
      const best = { params, codes: codebook.codes, epoch: 2, merit };
      await writeCheckpoint(file, "this run", { state, epoch: 3, curves: [], best });
      const back = await readCheckpoint(file, "this run", config);
      expect(back?.best).toMatchObject({ epoch: 2, merit });
    }
  });

  it("is not taken for another run, another model, or out of a file that is not there", async () => {
    const file = join(folder, "run.safetensors");
    await writeCheckpoint(file, "this run", { state, epoch: 3, curves: [] });
    expect(await readCheckpoint(file, "another run", config)).toBeUndefined();
    expect(await readCheckpoint(file, "this run", { ...config, width: 16 })).toBeUndefined();
    expect(await readCheckpoint(join(folder, "none"), "this run", config)).toBeUndefined();
    await writeFile(file, "no tensors");
    await expect(readCheckpoint(file, "this run", config)).rejects.toThrow(/decodeSafetensors/);
  });
});
