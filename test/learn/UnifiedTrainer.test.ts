import { describe, expect, it } from "vitest";

import { ModelError } from "../../src/errors.ts";
import {
  type HostBatch,
  type HostMasks,
  initTrainerState,
  UnifiedTrainer,
} from "../../src/learn/UnifiedTrainer.ts";
import type { UnifiedConfig } from "../../src/models/unified/config.ts";
import { createInference } from "../../src/models/unified/inference.ts";
import { UNIFIED_LOSS_DEFAULTS } from "../../src/models/unified/loss.ts";
import { initParams } from "../../src/models/unified/params.ts";
import { Rng } from "../../src/tensor/Rng.ts";

const CONFIG: UnifiedConfig = {
  streams: [
    { name: "audio", size: 4, front: { kind: "vector" }, dilations: [1] },
    { name: "video", size: 5, front: { kind: "vector" }, dilations: [1] },
  ],
  classes: ["sil", "one", "two", "three"],
  prior: [0.25, 0.25, 0.25, 0.25],
  width: 16,
  codeDim: 8,
  codes: 12,
  specific: 8,
  embedding: 8,
  jointDilations: [1],
  lookAheadRows: 0,
  rowMicros: 40_000,
  fusion: { sharpness: 8, smoothingRows: 5 },
};
const [B, T] = [8, 12];
const OPTIONS = {
  config: CONFIG,
  loss: UNIFIED_LOSS_DEFAULTS,
  adam: { weightDecay: 0.01 },
  clipNorm: 5,
  stretches: B,
  rows: T,
};
const start = () => {
  const rng = Rng.fromSeed(1);
  return initTrainerState(
    CONFIG,
    initParams(CONFIG, () => rng.uniform()),
  );
};

/** Each class holds for four rows and shows in both streams, each with its own noise. */
function toyRow(rng: Rng, label: number, size: number): number[] {
  return Array.from({ length: size }, (_, i) => (i === label ? 2 : 0) + rng.normal(0, 0.5));
}

function toyBatch(rng: Rng): HostBatch {
  const labels = Int32Array.from({ length: B * T });
  for (let i = 0; i < B * T; i += 4) labels.fill(rng.int(0, 4), i, i + 4);
  const ones = new Float32Array(B * T).fill(1);
  return {
    streams: Object.fromEntries(
      CONFIG.streams.map(({ name, size }) => [
        name,
        {
          x: Float32Array.from([...labels].flatMap((label) => toyRow(rng, label, size))),
          present: ones,
          joint: ones,
        },
      ]),
    ),
    labels,
    weights: ones,
    reseed: Int32Array.from({ length: CONFIG.codes }, () => rng.int(0, 2 * B * T)),
  };
}

const MASKS: HostMasks = (() => {
  const mask = new Float32Array(B * CONFIG.width).fill(1);
  const stack = { "0": mask, out: mask };
  return { streams: { audio: stack, video: stack }, joint: stack };
})();

describe("UnifiedTrainer", () => {
  it("learns: every head gets it right, codes are shared, and inference agrees", async () => {
    await using trainer = await UnifiedTrainer.open(OPTIONS, start());
    const rng = Rng.fromSeed(2);
    const first = await trainer.step(toyBatch(rng), MASKS, 5e-3);
    let last = first;
    for (let step = 0; step < 120; step++) last = await trainer.step(toyBatch(rng), MASKS, 5e-3);
    expect(last["loss"]).toBeLessThan(0.5 * (first["loss"] ?? 0));
    for (const head of ["audioAccuracy", "videoAccuracy", "jointAccuracy"])
      expect(last[head]).toBeGreaterThan(0.95);

    const state = await trainer.readState();
    expect(state.step).toBe(121);
    await using inference = await createInference({
      config: CONFIG,
      params: state.params,
      codes: state.codebook.codes,
    });
    let rows = inference.initialState();
    let [right, agreed] = [0, 0];
    const used = new Set<number | undefined>();
    for (let row = 0; row < 200; row++) {
      const label = Math.floor(row / 4) % 4;
      const { outputs, state: next } = await inference.step(
        Object.fromEntries(
          CONFIG.streams.map(({ name, size }) => [
            name,
            Float32Array.from(toyRow(rng, label, size)),
          ]),
        ),
        rows,
      );
      rows = next;
      const values = [...outputs.logProbabilities];
      if (values.indexOf(Math.max(...values)) === label) right++;
      if (outputs.streams["audio"]?.code === outputs.streams["video"]?.code) agreed++;
      used.add(outputs.streams["audio"]?.code);
    }
    expect(right / 200).toBeGreaterThan(0.95);
    expect(used.size).toBeGreaterThanOrEqual(4);
    // Chance is below 0.2 with the codes in use.
    expect(agreed / 200).toBeGreaterThan(0.4);
  }, 60_000);

  it("is a pure function of state and batch: a resumed run does what the other would have done", async () => {
    const batches = Array.from({ length: 4 }, (_, i) => toyBatch(Rng.fromSeed(10 + i)));
    await using whole = await UnifiedTrainer.open(OPTIONS, start());
    for (const batch of batches) await whole.step(batch, MASKS, 1e-2);

    await using before = await UnifiedTrainer.open(OPTIONS, start());
    for (const batch of batches.slice(0, 2)) await before.step(batch, MASKS, 1e-2);
    await using after = await UnifiedTrainer.open(OPTIONS, await before.readState());
    for (const batch of batches.slice(2)) await after.step(batch, MASKS, 1e-2);
    expect(await after.readState()).toEqual(await whole.readState());
  });

  it("says at which step the loss stopped being a number", async () => {
    await using trainer = await UnifiedTrainer.open(OPTIONS, start());
    const batch = toyBatch(Rng.fromSeed(3));
    batch.streams["audio"]?.x.fill(Number.NaN);
    await expect(trainer.step(batch, MASKS, 1e-3)).rejects.toThrow(ModelError);
  });
});
