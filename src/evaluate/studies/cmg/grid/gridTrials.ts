import { openCmgEncoder } from "../../../../models/cmg/CmgEncoder.ts";
import type { CmgConfig } from "../../../../models/cmg/config.ts";
import type { CmgModel } from "../../../../models/cmg/method.ts";
import { streamPreset } from "../../../../models/cmg/presets.ts";
import { linearCca } from "../../../baselines/cca.ts";
import { trainInfoNcePairs } from "../../../baselines/infoNcePairs.ts";
import type { Trial, TrialContext } from "../../../Study.ts";
import { ablations } from "../ablations.ts";
import { codeScores } from "../codeScores.ts";
import { drawWindows } from "../PairedClips.ts";
import { trainCmg } from "../trainCmg.ts";
import { type HeadPart, transferScores } from "../transferScores.ts";
import { wordBins } from "../wordBins.ts";
import { GRID_FEATURES, GRID_MODALITIES, type GridFrames, readGridFrames } from "./gridFrames.ts";

const STEPS = 800;
const CLASSES = 10;
const CCA_COMPONENTS = 40;
/** An input shows the middle of its frames: half of those before the newest. */
const DELAY = (GRID_FEATURES.stack - 1) / 2;

/** The configuration under test. */
export const GRID_CONFIG: CmgConfig = streamPreset({
  modalities: GRID_MODALITIES.map((name) => ({
    name,
    input: { kind: "vector", size: GRID_FEATURES.stack * GRID_FEATURES[name] },
  })),
});

/** How one run of CMG goes. */
interface GridRun {
  readonly config: CmgConfig;
  readonly steps: number;
  readonly pairs: "true" | "shuffled";
}

/** The method, its ablations and the baselines on the talking face. */
export function gridTrials(): readonly Trial[] {
  const run = (variant: string, summary: string, options: GridRun): Trial => ({
    variant,
    summary,
    config: { ...options, features: GRID_FEATURES },
    run: (context) => runGrid(context, options),
  });
  const usual = { steps: STEPS, pairs: "true" } as const;
  return [
    run("", "CMG, preset stream with the same-frame contrast", { config: GRID_CONFIG, ...usual }),
    ...ablations(GRID_CONFIG, STEPS).map(({ variant, summary, config }) =>
      run(variant, summary, { config, ...usual }),
    ),
    run("shuffled", "Trained on pairs drawn apart", {
      config: GRID_CONFIG,
      steps: STEPS,
      pairs: "shuffled",
    }),
    run("no-pretraining", "Fresh encoders, codes seeded from one batch", {
      config: GRID_CONFIG,
      steps: 0,
      pairs: "true",
    }),
    {
      variant: "cca",
      summary: "Linear CCA on the same inputs",
      seeded: false,
      config: { components: CCA_COMPONENTS, features: GRID_FEATURES },
      run: runCca,
    },
    {
      variant: "clip",
      summary: "InfoNCE pairs: the same encoders by the contrast alone, no codes",
      config: { steps: STEPS, features: GRID_FEATURES },
      run: runClip,
    },
  ];
}

async function runGrid(
  { data, split, seed, threads, progress }: TrialContext,
  { config, steps, pairs }: GridRun,
): Promise<Readonly<Record<string, number>>> {
  const { train, test } = await readGridFrames(data, split);
  const model = await trainCmg({
    config,
    steps,
    schedule: "cosine",
    seed,
    threads,
    draw: (rng) =>
      drawWindows(train.clips, { batch: config.batch, frames: config.frames, pairs }, rng),
    progress,
  });
  const learn = await quantized(model, train, threads);
  const read = await quantized(model, test, threads);
  const scores = await transferScores({
    classes: CLASSES,
    train: headPart(train, config.codebook.dim, learn.rows),
    test: headPart(test, config.codebook.dim, read.rows),
    threads,
  });
  const codes = codeScores(Object.values(read.index), config.codebook.size);
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

async function quantized(
  model: CmgModel,
  { clips }: GridFrames,
  threads: number,
): Promise<Quantized> {
  const rows: Record<string, Float32Array> = {};
  const index: Record<string, Int32Array> = {};
  for (const name of GRID_MODALITIES) {
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

function headPart(
  { clips, digits }: GridFrames,
  width: number,
  rows: Readonly<Record<string, Float32Array>>,
): HeadPart {
  return {
    labels: Int32Array.from(digits, ({ label }) => label),
    features: Object.fromEntries(
      Object.entries(rows).map(([name, each]) => [
        name,
        wordBins({ rows: each, frames: clips.frames, width }, digits, { delay: DELAY }),
      ]),
    ),
  };
}

async function runCca({ data, split, threads }: TrialContext) {
  const { train, test } = await readGridFrames(data, split);
  const [audio, lips] = GRID_MODALITIES.map((name) => train.clips.modalities[name]);
  if (audio === undefined || lips === undefined) return {};
  const cca = await linearCca({
    a: audio.data,
    sizeA: audio.size,
    b: lips.data,
    sizeB: lips.size,
    components: CCA_COMPONENTS,
  });
  const part = async (frames: GridFrames): Promise<HeadPart> =>
    headPart(frames, CCA_COMPONENTS, {
      audio: await cca.projectA(frames.clips.modalities["audio"]?.data ?? audio.data),
      lips: await cca.projectB(frames.clips.modalities["lips"]?.data ?? lips.data),
    });
  return transferScores({
    classes: CLASSES,
    train: await part(train),
    test: await part(test),
    threads,
  });
}

async function runClip({ data, split, seed, threads }: TrialContext) {
  const { train, test } = await readGridFrames(data, split);
  const { batch, frames, codebook, contrast, train: options, modalities } = GRID_CONFIG;
  const encoder = modalities[0]?.encoder ?? { kind: "frames", hidden: 256 };
  const model = await trainInfoNcePairs({
    modalities: modalities.map(({ name, input }) => ({
      name,
      size: input.kind === "vector" ? input.size : 0,
    })),
    encoder,
    dim: codebook.dim,
    batch,
    frames,
    temperature: contrast?.temperature ?? 1,
    steps: STEPS,
    rate: options.rate,
    seed,
    threads,
    draw: (rng) => drawWindows(train.clips, { batch, frames }, rng).x,
  });
  const part = async (from: GridFrames): Promise<HeadPart> => {
    const rows: Record<string, Float32Array> = {};
    for (const name of GRID_MODALITIES)
      rows[name] = await model.encode(
        name,
        from.clips.modalities[name]?.data ?? new Float32Array(),
      );
    return headPart(from, codebook.dim, rows);
  };
  return transferScores({
    classes: CLASSES,
    train: await part(train),
    test: await part(test),
    threads,
  });
}
