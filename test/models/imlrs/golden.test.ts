import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";

import { patchify } from "../../../src/models/imlrs/adapters.ts";
import { classTokens } from "../../../src/models/imlrs/classTokens.ts";
import type { ImlConfig } from "../../../src/models/imlrs/config.ts";
import { decode } from "../../../src/models/imlrs/decoders.ts";
import { contrastLoss } from "../../../src/models/imlrs/loss.ts";
import { classify, encode } from "../../../src/models/imlrs/network.ts";
import { reconstructionLoss } from "../../../src/models/imlrs/reconstruction.ts";
import { tf } from "../../../src/tensor/tf.ts";
import { formulaInputs, formulaWeights, largestDifference, TINY } from "./tinyNetwork.ts";

interface Golden {
  readonly fusion: readonly number[];
  readonly logits: readonly number[];
  readonly global: readonly number[];
  readonly reconstruction: Readonly<Record<string, number>>;
  readonly contrast: number;
  readonly dino: number;
}

// encoder.py beside it: NumPy 1.24, float64, hidden and absent tokens really left out.
const golden = JSON.parse(
  readFileSync(new URL("./golden/encoder.json", import.meta.url), "utf8"),
) as Readonly<Record<"cross" | "selfMPlus1", Golden>>;

beforeAll(async () => {
  await tf.setBackend("cpu");
});

describe.each(["cross", "selfMPlus1"] as const)("the network, form %s", (form) => {
  const config: ImlConfig = { ...TINY, modalityAttention: form };
  const expected = golden[form];

  it("gives the fusion tokens, logits and class tokens of the reference", () => {
    const params = formulaWeights(config);
    const encoded = encode(params, config, formulaInputs(config));
    const tokens = classTokens(params, config, encoded);
    expect(largestDifference(encoded.fusion.dataSync(), expected.fusion)).toBeLessThan(4e-6);
    expect(
      largestDifference(classify(params, encoded.fusion).dataSync(), expected.logits),
    ).toBeLessThan(4e-6);
    expect(largestDifference(tokens.global.dataSync(), expected.global)).toBeLessThan(4e-6);
    expect([...(tokens.modalities["gamma"]?.seen.dataSync() ?? [])]).toEqual([0, 1]);
  });

  it("gives the reconstruction errors and contrasts of the reference", () => {
    const params = formulaWeights(config);
    const inputs = formulaInputs(config);
    const encoded = encode(params, config, inputs);
    for (const modality of config.modalities) {
      const input = inputs[modality.name];
      if (input?.visible === undefined || input.present === undefined) throw new RangeError();
      const loss = reconstructionLoss(
        modality,
        decode(params, config, encoded.fusion, modality.name),
        {
          patches: patchify(modality.adapter, input.x),
          visible: input.visible,
          present: input.present,
        },
      );
      const wanted = expected.reconstruction[modality.name] ?? 0;
      expect(largestDifference(loss.dataSync(), [wanted])).toBeLessThan(4e-6);
    }
    const tokens = classTokens(params, config, encoded);
    const contrast = contrastLoss(tokens, { kind: "infonce", weight: 1 });
    expect(largestDifference(contrast.dataSync(), [expected.contrast])).toBeLessThan(1e-5);
    const dino = contrastLoss(tokens, { kind: "dino", weight: 1 });
    expect(largestDifference(dino.dataSync(), [expected.dino])).toBeLessThan(1e-5);
  });
});
