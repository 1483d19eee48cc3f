import type { CmgConfig } from "../../../../models/cmg/config.ts";

/** A small CMG for a world of eight classes: the full objective, sixteen codes. */
export const SYNTHETIC_CONFIG: CmgConfig = {
  modalities: [
    {
      name: "a",
      input: { kind: "vector", size: 20 },
      encoder: { kind: "frames", hidden: 128 },
      specific: 32,
    },
    {
      name: "b",
      input: { kind: "vector", size: 30 },
      encoder: { kind: "frames", hidden: 128 },
      specific: 32,
    },
  ],
  batch: 64,
  frames: 10,
  codebook: {
    size: 16,
    dim: 32,
    decay: 0.99,
    form: "sequential",
    epsilon: 1e-5,
    minCount: 1e-3,
    init: "data",
    partner: { kind: "same-index" },
    updatesPerBatch: 1,
    // A code that one sensor alone uses is put elsewhere: with rule "any" some worlds kept one. Within a
    // quarter of the recipe's 100 batches, since it is 500 long: of worlds 1 to 6 two kept such a code to the end.
    reset: { rule: "both", after: 25, onto: "data", noise: 0, syncStats: true },
  },
  commitment: { own: 0.5, cross: 0.25 },
  cpc: {
    layers: 2,
    hidden: 32,
    steps: 1,
    firstStart: 1,
    starts: "one",
    crossWeight: 1,
    selfWeight: 0.1,
    direction: "both",
    queue: 0,
    guard: false,
  },
  club: {
    weight: 0.01,
    warmup: 0,
    innerSteps: 3,
    rate: 1e-3,
    hidden: 64,
    logVariance: "tanh",
    normalize: false,
    timeForm: "paper",
  },
  cmcm: { weight: 0.5, pairForm: "symmetric" },
  train: { rate: 2e-3 },
};
