import type { UnifiedConfig } from "../../src/models/unified/config.ts";
import { initParams } from "../../src/models/unified/params.ts";
import { encodeWeights } from "../../src/models/unified/weights.ts";
import { hostTensor } from "../../src/tensor/HostTensor.ts";
import { Rng } from "../../src/tensor/Rng.ts";

/** A configuration as small as one can be that has everything: two streams, memory, a codebook. */
export const TINY: UnifiedConfig = {
  streams: [
    { name: "a", size: 2, front: { kind: "vector" }, dilations: [1, 2] },
    { name: "b", size: 3, front: { kind: "vector" }, dilations: [1] },
  ],
  classes: ["nothing", "one", "two"],
  prior: [0.5, 0.25, 0.25],
  width: 8,
  codeDim: 4,
  codes: 5,
  specific: 4,
  embedding: 4,
  jointDilations: [1],
  lookAheadRows: 1,
  rowMicros: 40_000,
  fusion: { sharpness: 8, smoothingRows: 4 },
};

/** A weights file of untrained but definite weights. */
export function tinyWeights(seed = 1): Uint8Array {
  const rng = Rng.fromSeed(seed);
  const codes = Float32Array.from({ length: TINY.codes * TINY.codeDim }, () => rng.normal());
  return encodeWeights({
    config: TINY,
    params: initParams(TINY, () => rng.uniform()),
    codes: hostTensor(codes, [TINY.codes, TINY.codeDim]),
    provenance: {},
  });
}
