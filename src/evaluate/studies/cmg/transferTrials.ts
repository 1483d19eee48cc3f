import { openCmgEncoder } from "../../../models/cmg/CmgEncoder.ts";
import type { CmgConfig } from "../../../models/cmg/config.ts";
import type { CmgModel } from "../../../models/cmg/method.ts";
import type { Trial, TrialContext } from "../../Study.ts";
import { ablations } from "./ablations.ts";
import { ccaTrial, infoNceTrial } from "./baselineTrials.ts";
import { codeScores } from "./codeScores.ts";
import { headPart } from "./headPart.ts";
import { drawWindows } from "./PairedClips.ts";
import type { TransferBench, TransferPart } from "./TransferBench.ts";
import { trainCmg } from "./trainCmg.ts";
import { transferScores } from "./transferScores.ts";

/** How one run of CMG goes. */
interface CmgRun {
  readonly config: CmgConfig;
  readonly steps: number;
  readonly pairs: "true" | "shuffled";
}

/** The method, its ablations and the baselines on one set. */
export function transferTrials(bench: TransferBench): readonly Trial[] {
  const { config, steps } = bench;
  const run = (variant: string, summary: string, options: CmgRun): Trial => ({
    variant,
    summary,
    config: { ...options, bins: bench.bins, delay: bench.delay, features: bench.features },
    run: (context) => runCmg(bench, context, options),
  });
  const { variants } = bench;
  const all = [
    run("", "CMG, preset stream with the same-frame contrast", { config, steps, pairs: "true" }),
    ...ablations(config, steps).map(({ variant, summary, config: changed }) =>
      run(variant, summary, { config: changed, steps, pairs: "true" }),
    ),
    run("shuffled", "Trained on pairs drawn apart", { config, steps, pairs: "shuffled" }),
    run("no-pretraining", "Fresh encoders, codes seeded from one batch", {
      config,
      steps: 0,
      pairs: "true",
    }),
    ccaTrial(bench),
    infoNceTrial(bench),
  ];
  return all.filter(({ variant }) => variant === "" || (variants?.includes(variant) ?? true));
}

async function runCmg(
  bench: TransferBench,
  { data, split, seed, threads, progress }: TrialContext,
  { config, steps, pairs }: CmgRun,
): Promise<Readonly<Record<string, number>>> {
  const { train, test } = await bench.read(data, split);
  const { batch, frames, codebook } = config;
  const model = await trainCmg({
    config,
    steps,
    schedule: "cosine",
    seed,
    threads,
    draw: (rng) => drawWindows(train.clips, { batch, frames, pairs }, rng),
    progress,
  });
  const [learn, read] = [
    await quantize(model, train, threads),
    await quantize(model, test, threads),
  ];
  const scores = await transferScores({
    classes: bench.classes,
    train: headPart(bench, train, codebook.dim, learn.rows),
    test: headPart(bench, test, codebook.dim, read.rows),
    threads,
  });
  const codes = codeScores(Object.values(read.index), codebook.size);
  return {
    ...scores,
    "codes/shared": codes.shared,
    "codes/agreement": codes.agreement,
    "codes/perplexity": codes.perplexity,
    "codes/dead": codes.dead,
  };
}

interface Quantized {
  /** Per modality [clips · frames, D]: the vectors of the codes chosen. */
  readonly rows: Readonly<Record<string, Float32Array>>;
  readonly index: Readonly<Record<string, Int32Array>>;
}

async function quantize(
  model: CmgModel,
  { clips }: TransferPart,
  threads: number,
): Promise<Quantized> {
  const rows: Record<string, Float32Array> = {};
  const index: Record<string, Int32Array> = {};
  for (const { name } of model.config.modalities) {
    await using encoder = await openCmgEncoder(model, {
      modality: name,
      frames: clips.frames,
      threads,
    });
    const { dim, codes } = encoder;
    const found = await encoder.encode(clips.modalities[name]?.data ?? new Float32Array(0));
    const vectors = new Float32Array(found.index.length * dim);
    for (const [frame, code] of found.index.entries())
      vectors.set(codes.subarray(code * dim, (code + 1) * dim), frame * dim);
    rows[name] = vectors;
    index[name] = found.index;
  }
  return { rows, index };
}
