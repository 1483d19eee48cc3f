import { describe, expect, it } from "vitest";

import { learnerRow } from "../../../src/learn/online/LearnerRow.ts";
import { PartAnswers, smoothEntropy } from "../../../src/learn/online/PartAnswers.ts";
import { type AdaptedPart, trainedPart } from "../../../src/models/unified/adapted.ts";
import type { UnifiedConfig } from "../../../src/models/unified/config.ts";
import { createInference } from "../../../src/models/unified/inference.ts";
import { decodeWeights } from "../../../src/models/unified/weights.ts";
import { Rng } from "../../../src/tensor/Rng.ts";
import { micros } from "../../../src/units.ts";
import { TINY, tinyWeights } from "../../support/tinyModel.ts";

const CASES: readonly (readonly [name: string, changed: Partial<UnifiedConfig>])[] = [
  ["as trained", {}],
  ["with temperatures", { fusion: { ...TINY.fusion, temperatures: { b: 2.5, joint: 0.5 } } }],
  ["without codes", { parts: { quantised: false } }],
];

describe("PartAnswers", () => {
  it.each(CASES)("answers a row as the program that serves does, %s", async (_, changed) => {
    const weights = decodeWeights(tinyWeights());
    const config = { ...weights.config, ...changed };
    const rng = Rng.fromSeed(5);
    const trained = trainedPart(weights);
    const part: AdaptedPart = {
      ...trained,
      headWeight: trained.headWeight.map((value) => value + rng.normal()),
      headBias: trained.headBias.map((value) => value + rng.normal()),
      // Some classes have exemplars, some have not; a few of those that have are near to what will come.
      exemplars: trained.exemplars.map(() => rng.normal() / Math.sqrt(8)),
      exemplified: trained.exemplified.map((_, at) => at % 2),
    };
    const answers = new PartAnswers(part, config);
    await using inference = await createInference({ ...weights, config });
    let state = inference.initialState();
    let entropy = new Float32Array(2).fill(1);
    for (let index = 0; index < 6; index++) {
      const draw = (size: number) => Float32Array.from({ length: size }, () => rng.normal());
      const inputs = { a: draw(2), b: index === 3 ? undefined : draw(3) };
      const step = await inference.step(inputs, state, part);
      state = step.state;
      const bare = learnerRow(config, step.features, micros(index), new Set(), entropy);
      const streams = answers.streams(bare);
      entropy = smoothEntropy(entropy, streams, config.fusion.smoothingRows);
      const subsets = index === 3 ? [1] : [1, 2, 3];
      const got = answers.fused({ ...bare, entropy }, subsets, streams);
      const expected = step.outputs.subsets.map(({ logProbabilities }) => logProbabilities);
      expect(got).toHaveLength(expected.length);
      for (const [at, answer] of got.entries())
        for (const [c, value] of answer.entries())
          expect(value).toBeCloseTo(expected[at]?.[c] ?? 0, 4);
    }
  });
});
