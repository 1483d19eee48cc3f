import { openCmgEncoder } from "../../../../models/cmg/CmgEncoder.ts";
import type { CmgConfig } from "../../../../models/cmg/config.ts";
import { Rng } from "../../../../tensor/Rng.ts";
import type { Trial, TrialContext } from "../../../Study.ts";
import { codeScores } from "../codeScores.ts";
import { lookUpTransfer } from "../lookUpTransfer.ts";
import { drawWindows } from "../PairedClips.ts";
import { trainCmg } from "../trainCmg.ts";
import { crossPrediction, crossPredictionFloor } from "./cpcFloor.ts";
import { learnedClub, tanhBound } from "./learnedClub.ts";
import { STICKY, StickyWorld } from "./StickyWorld.ts";
import { SYNTHETIC_CONFIG } from "./syntheticConfig.ts";

const STEPS = 500;
const TRAINING_CLIPS = 4096;
const TEST_CLIPS = 512;
/** Worlds 1 to this served to choose the recipe: figures are from those after them. */
const CHOOSING = 10;

const { cpc: _cpc, club, cmcm: _cmcm, ...bare } = SYNTHETIC_CONFIG;
const { club: _club, ...withoutClub } = SYNTHETIC_CONFIG;
const { cpc: __, ...withoutCpc } = withoutClub;
const alone: Pick<CmgConfig, "codebook" | "commitment"> = {
  codebook: {
    ...bare.codebook,
    partner: { kind: "none" },
    // Nothing makes codes serve both here: resetting those that do not would only take them away.
    reset: { rule: "any", after: 25, onto: "data", noise: 0, syncStats: true },
  },
  commitment: { own: 0.5, cross: 0 },
};

/** Full objective, what each part does, and the baseline that must not transfer. */
export function syntheticTrials(): readonly Trial[] {
  return [
    trial("", "Full objective, CLUB at 0.01", SYNTHETIC_CONFIG),
    trial("club-0", "Without CLUB", withoutClub),
    trial("club-1", "CLUB at the published weight 1", {
      ...SYNTHETIC_CONFIG,
      ...(club && { club: { ...club, weight: 1 } }),
    }),
    trial("no-cpc", "Without Cross-CPC and CLUB", withoutCpc),
    trial("no-mm-ema", "Without MM-EMA, cross commitment and L_cmcm", {
      ...withoutClub,
      ...alone,
      cmcm: { weight: 0, pairForm: "symmetric" },
    }),
    trial("plain-vq", "Baseline: plain EMA and own commitment", { ...bare, ...alone }),
    trial("shuffled", "Full objective on pairs drawn apart", SYNTHETIC_CONFIG, "shuffled"),
    {
      variant: "club-known",
      summary: "CLUB with learned nets on Gaussians of known dependence, over its theory",
      config: LEARNED,
      run: runLearnedClub,
    },
    {
      variant: "cpc-known",
      summary: "Cross-CPC on the chain of known floor: sticky, i.i.d., and with sight of the clip",
      config: PREDICTION,
      run: runPrediction,
    },
  ];
}

const LEARNED = { dimensions: 4, hidden: 64, batch: 256, steps: 3000, averaged: 500 } as const;

/** Estimates over what the tanh lets the exact q reach, so 1 is right; and at ρ = 0 the estimate. */
async function runLearnedClub({ seed, threads, progress }: TrialContext) {
  const scores: Record<string, number> = {};
  for (const rho of [0, 0.5, 0.9]) {
    const bound = await learnedClub({ ...LEARNED, rho, seed, threads });
    progress(`rho ${rho}: ${bound.toFixed(3)}`);
    const theory = LEARNED.dimensions * tanhBound(rho);
    scores[`club/rho-${rho}`] = theory === 0 ? bound : bound / theory;
  }
  return scores;
}

const PREDICTION = { batch: 64, steps: 500, measured: 50 } as const;

/** Next-frame loss across the sensors less its floor; the floor of an i.i.d. chain is ln B. */
async function runPrediction({ seed, threads, progress }: TrialContext) {
  const frames = { kind: "frames", hidden: 128 } as const;
  const clip = {
    kind: "attention",
    layers: 1,
    heads: 2,
    feedForward: 64,
    dropout: 0,
    reach: "clip",
  } as const;
  const independent = { stay: 0, mismatch: 0 };
  const run = { ...PREDICTION, seed, threads };
  const scores: Record<string, number> = {};
  for (const [name, encoder, process] of [
    ["sticky", frames, STICKY],
    ["iid", frames, independent],
    ["iid-clip", clip, independent],
  ] as const) {
    const floor = crossPredictionFloor(
      { classes: STICKY.classes, ...process },
      PREDICTION.batch,
      Rng.fromSeed(seed),
    );
    scores[`cpc/${name}-over-floor`] =
      (await crossPrediction({ ...run, encoder, process })) - floor;
    progress(`${name}: ${scores[`cpc/${name}-over-floor`]?.toFixed(3)}`);
  }
  return scores;
}

function trial(
  variant: string,
  summary: string,
  config: CmgConfig,
  pairs: "true" | "shuffled" = "true",
): Trial {
  return {
    variant,
    summary,
    config: { config, steps: STEPS, clips: TRAINING_CLIPS, pairs, firstWorld: CHOOSING + 1 },
    run: ({ seed, threads, progress }) =>
      runSynthetic(config, { seed: CHOOSING + seed, threads, progress, pairs, steps: STEPS }),
  };
}

/** How one run of the recipe goes. */
export interface SyntheticRun {
  readonly seed: number;
  readonly threads: number;
  readonly progress: (line: string) => void;
  readonly pairs: "true" | "shuffled";
  readonly steps: number;
  /** Of the learning rate; constant unless given, as in the recipe. */
  readonly schedule?: "cosine" | "constant";
}

/** Trains on one world and reads fresh clips of it: transfer of indices, ceilings, use of the codes. */
export async function runSynthetic(
  config: CmgConfig,
  { seed, threads, progress, pairs, steps, schedule = "constant" }: SyntheticRun,
): Promise<Readonly<Record<string, number>>> {
  const world = new StickyWorld(seed);
  const rng = Rng.fromSeed(seed).fork("clips");
  const clips = world.draw(TRAINING_CLIPS, rng);
  const model = await trainCmg({
    config,
    steps,
    schedule,
    seed,
    threads,
    draw: (random) =>
      drawWindows(clips, { batch: config.batch, frames: config.frames, pairs }, random),
    progress,
  });
  const [learn, read] = [world.draw(TEST_CLIPS, rng), world.draw(TEST_CLIPS, rng)];
  const codesOf = async (name: "a" | "b", from: typeof learn): Promise<Int32Array> => {
    await using encoder = await openCmgEncoder(model, { modality: name, threads });
    return (await encoder.encode(from.modalities[name]?.data ?? new Float32Array(0))).index;
  };
  const [a0, b0] = [await codesOf("a", learn), await codesOf("b", learn)];
  const [a1, b1] = [await codesOf("a", read), await codesOf("b", read)];
  const { size } = config.codebook;
  const same = Int32Array.from(a1.keys()).filter(
    (frame) => read.classes.a[frame] === read.classes.b[frame],
  );
  const pick = (codes: Int32Array): Int32Array =>
    Int32Array.from(same, (frame) => codes[frame] ?? 0);
  const { shared, agreement, perplexity, dead } = codeScores([pick(a1), pick(b1)], size);
  const table = (codes: Int32Array, classes: Int32Array) => ({ codes, classes });
  const from = { a: table(a0, learn.classes.a), b: table(b0, learn.classes.b) };
  const to = { a: table(a1, read.classes.a), b: table(b1, read.classes.b) };
  return {
    "transfer/a->b": lookUpTransfer(from.a, to.b, size),
    "transfer/b->a": lookUpTransfer(from.b, to.a, size),
    "ceiling/a": lookUpTransfer(from.a, to.a, size),
    "ceiling/b": lookUpTransfer(from.b, to.b, size),
    "codes/shared": shared,
    "codes/agreement": agreement,
    "codes/perplexity": perplexity,
    "codes/dead": dead,
  };
}
