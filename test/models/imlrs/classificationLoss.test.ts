import { beforeAll, describe, expect, it } from "vitest";

import { classificationLoss } from "../../../src/models/imlrs/loss.ts";
import { classify, encode, tokensOfModality } from "../../../src/models/imlrs/network.ts";
import { type Tensor, tf } from "../../../src/tensor/tf.ts";
import { formulaInputs, formulaWeights, PRESENT, TINY, VISIBLE } from "./tinyNetwork.ts";

beforeAll(async () => {
  await tf.setBackend("cpu");
});

const LABELS = [2, 0];
const weights = formulaWeights(TINY);
const numberOf = (tensor: Tensor): number => tensor.dataSync()[0] ?? Number.NaN;

function lossOf(own: number, inputs = formulaInputs(TINY)): number {
  const targets = {
    labels: tf.tensor(LABELS, [2], "int32"),
    weights: tf.ones([2]),
    dropout: tf.ones([2, TINY.width]),
  };
  return numberOf(classificationLoss(weights, TINY, inputs, targets, { own }).loss);
}

/** −log softmax(logits)[label] of each row. */
function surprises(logits: Tensor): number[] {
  const rows = tf.logSoftmax(logits).arraySync() as number[][];
  return rows.map((row, i) => -(row[LABELS[i] ?? 0] ?? 0));
}

describe("classificationLoss", () => {
  it("is the cross-entropy of the fused answer, where nothing else is asked for", () => {
    const { fusion } = encode(weights, TINY, formulaInputs(TINY));
    const [a = 0, b = 0] = surprises(classify(weights, fusion));
    expect(lossOf(0)).toBeCloseTo((a + b) / 2, 5);
  });

  it("adds what every modality says by itself, from its shown tokens where it is there", () => {
    const encoded = encode(weights, TINY, formulaInputs(TINY));
    // Alpha stands in a group of its own; beta and gamma, of equally many tokens, share one.
    const sums = new Map([
      ["alpha", { loss: 0, rows: 0 }],
      ["beta and gamma", { loss: 0, rows: 0 }],
    ]);
    for (const name of ["alpha", "beta", "gamma"]) {
      const tokens = tokensOfModality(encoded, name).arraySync() as number[][][];
      const means = tokens.map((row, i) => {
        const shown = row.filter((_, t) => VISIBLE[name]?.[i]?.[t] === 1);
        return Array.from(
          { length: TINY.width },
          (_, d) => shown.reduce((sum, token) => sum + (token[d] ?? 0), 0) / shown.length,
        );
      });
      const logits = classify(weights, tf.expandDims(tf.tensor(means), 1));
      const sum = sums.get(name === "alpha" ? name : "beta and gamma");
      for (const [i, surprise] of surprises(logits).entries())
        if (sum !== undefined && PRESENT[name]?.[i] === 1) {
          sum.loss += surprise;
          sum.rows += 1;
        }
    }
    const meanOf = (group: string): number => {
      const { loss = 0, rows = 1 } = sums.get(group) ?? {};
      return loss / rows;
    };
    const own = meanOf("alpha") / 3 + (2 * meanOf("beta and gamma")) / 3;
    expect(lossOf(0.5) - lossOf(0)).toBeCloseTo(0.5 * own, 5);
  });

  it("does not hear a modality of a sample that lacks it", () => {
    const inputs = formulaInputs(TINY);
    const { gamma } = inputs;
    if (gamma === undefined) throw new Error("expected gamma");
    const spoilt = tf.mul(gamma.x, tf.tensor([100, 1], [2, 1, 1]));
    expect(lossOf(1, { ...inputs, gamma: { ...gamma, x: spoilt } })).toBe(lossOf(1));
  });
});
