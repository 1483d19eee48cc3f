import { describe, expect, it } from "vitest";

import type { TrainingCheckpoint } from "../../src/learn/checkpoints/TrainingCheckpoint.ts";
import type { RowLine } from "../../src/learn/rows/RowLine.ts";
import { type TrainLinesOptions, trainLines } from "../../src/learn/trainLines.ts";
import { UNIFIED_LOSS_DEFAULTS } from "../../src/models/unified/loss.ts";
import { Rng } from "../../src/tensor/Rng.ts";
import { TINY } from "../support/tinyModel.ts";

/** Rows of which each stream shows the class, four rows long. */
function toyLine(seed: number): RowLine {
  const rng = Rng.fromSeed(seed);
  const rows = 160;
  const labels = new Int32Array(rows);
  for (let i = 0; i < rows; i += 4) labels.fill(rng.int(0, 3), i, i + 4);
  const features = (size: number) => ({
    size,
    x: Float32Array.from({ length: rows * size }, (_, i) => {
      const [row, at] = [Math.floor(i / size), i % size];
      return (labels[row] === at + 1 ? 2 : 0) + rng.normal(0, 0.3);
    }),
    present: new Float32Array(rows).fill(1),
  });
  return { rows, labels, streams: { a: features(2), b: features(3) } };
}

const LINES = [toyLine(1), toyLine(2)];

function options(more: Partial<TrainLinesOptions<number>> = {}): TrainLinesOptions<number> {
  return {
    config: TINY,
    loss: UNIFIED_LOSS_DEFAULTS,
    batch: { rows: 16, stretches: 4, warmUp: 2, keep: {}, dropout: 0, warp: 0.2 },
    lines: () => Promise.resolve(LINES),
    seed: 3,
    epochs: 4,
    peakRate: 1e-2,
    scoreEvery: 1,
    validate: () => Promise.resolve(0),
    merit: (score) => score,
    ...more,
  };
}

describe("trainLines", () => {
  it("learns, and takes down every epoch", async () => {
    const { curves, weights } = await trainLines(
      options({ epochs: 12, curve: (score) => ({ score }) }),
    );
    expect(curves).toHaveLength(12);
    expect(curves[0]?.["score"]).toBe(0);
    const loss = (epoch: number): number => curves.at(epoch)?.["jointLoss"] ?? Number.NaN;
    expect(loss(-1)).toBeLessThan(0.6 * loss(0));
    expect(weights.config).toBe(TINY);
  });

  it("goes on from a checkpoint to what the whole run comes to", async () => {
    const reached: TrainingCheckpoint[] = [];
    const whole = await trainLines(
      options({
        onCheckpoint: (checkpoint) => {
          reached.push(checkpoint);
          return Promise.resolve();
        },
      }),
    );
    const half = reached[1];
    expect(half?.epoch).toBe(2);
    const resumed = await trainLines(options(half === undefined ? {} : { resume: half }));
    expect(resumed.curves).toEqual(whole.curves);
    expect(resumed.weights.params).toEqual(whole.weights.params);
  });

  it("gives no weights that are no numbers, also where no loss comes after them", async () => {
    const { batch } = options();
    // All there is in one step, at a rate that a 32-bit float does not hold.
    const single = options({ batch: { ...batch, stretches: 18 }, epochs: 1, peakRate: 1e40 });
    await expect(trainLines(single)).rejects.toThrow("expected finite weights after epoch 1");
  });

  it("gives the epoch that did best on what was held out, also one before a stop", async () => {
    const scores = [1, 5, 2, 3];
    const reached: TrainingCheckpoint[] = [];
    let at = 0;
    const scored = {
      validate: () => Promise.resolve(scores[at++] ?? 0),
      onCheckpoint: (checkpoint: TrainingCheckpoint) => {
        reached.push(checkpoint);
        return Promise.resolve();
      },
    };
    const whole = await trainLines(options(scored));
    expect(whole.epoch).toBe(2);
    expect(whole.validation).toBe(5);
    at = 3;
    const third = reached[2];
    const resumed = await trainLines(
      options({ ...scored, ...(third !== undefined && { resume: third }) }),
    );
    expect(resumed.epoch).toBe(2);
    expect(resumed.weights.params).toEqual(whole.weights.params);
  });
});
