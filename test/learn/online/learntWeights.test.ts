import { describe, expect, it } from "vitest";

import { closeness } from "../../../src/learn/online/closeness.ts";
import { decodeLearnt, encodeLearnt } from "../../../src/learn/online/learntWeights.ts";
import { sameHeads, trainedPart } from "../../../src/models/unified/adapted.ts";
import { noExemplars } from "../../../src/models/unified/exemplars.ts";
import { decodeWeights } from "../../../src/models/unified/weights.ts";
import { hostTensor } from "../../../src/tensor/HostTensor.ts";
import { encodeSafetensors } from "../../../src/tensor/safetensors.ts";
import { TINY, tinyWeights } from "../../support/tinyModel.ts";

const trained = trainedPart(decodeWeights(tinyWeights()));
const LINEAGE = { base: "tiny-1", parent: "tiny-1", rows: 10, labels: 2 };

describe("learnt weights", () => {
  it("come back as they were packed, under a name that is theirs alone", () => {
    const part = { ...trained, exemplified: trained.exemplified.map((_, at) => at % 2) };
    const packed = encodeLearnt(part, TINY, LINEAGE);
    const back = decodeLearnt(packed.bytes, TINY);
    expect(back.part).toEqual(part);
    expect([back.version, back.lineage]).toEqual([packed.version, LINEAGE]);
    expect(encodeLearnt(trained, TINY, LINEAGE).version).not.toBe(packed.version);
  });

  it("of logs from before every stream had a head of its own give that one head to all", () => {
    const [n, C] = [TINY.codeDim + TINY.specific, TINY.classes.length];
    const weight = trained.headWeight.slice(0, n * C).map((value) => value + 1);
    const bias = trained.headBias.slice(0, C);
    const bytes = encodeSafetensors(
      {
        head: { weight: hostTensor(weight, [n, C]), bias: hostTensor(bias, [C]) },
        codebook: {
          codes: hostTensor(trained.codes, [TINY.codes, TINY.codeDim]),
          generations: hostTensor(trained.generations, [TINY.codes]),
        },
      },
      { format: "sensorium-learnt-1", base: "tiny-1", parent: "tiny-1", rows: "10", labels: "2" },
    );
    const { part } = decodeLearnt(bytes, TINY);
    expect(part).toEqual({ ...trained, ...sameHeads(weight, bias, TINY), ...noExemplars(TINY) });
  });
});

describe("closeness", () => {
  it("is 1 of the truth said outright, 0 of something else said outright, and in between else", () => {
    const said = (...shares: number[]) => Float64Array.from(shares, Math.log);
    expect(closeness(said(0, 1, 0), 1)).toBe(1);
    expect(closeness(said(1, 0, 0), 1)).toBe(0);
    expect(closeness(said(0.25, 0.5, 0.25), 1)).toBeCloseTo(1 - (0.25 + 2 * 0.0625) / 2);
    // Both are right; the surer one comes closer.
    expect(closeness(said(0.1, 0.8, 0.1), 1)).toBeGreaterThan(closeness(said(0.3, 0.4, 0.3), 1));
  });
});
