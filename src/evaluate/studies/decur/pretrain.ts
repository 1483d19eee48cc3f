import { ConfigError } from "../../../errors.ts";
import { Trainer, type TrainerLoss } from "../../../learn/Trainer.ts";
import { DECUR_MINIMUM_BATCH, type DecurConfig, inputShape } from "../../../models/decur/config.ts";
import type { EmbeddedViews } from "../../../models/decur/loss.ts";
import {
  type DecurBatch,
  type DecurParams,
  type DecurState,
  decurStep,
  embedBatch,
  initDecur,
  initDecurState,
} from "../../../models/decur/method.ts";
import type { HostTensor } from "../../../tensor/HostTensor.ts";
import { adamW } from "../../../tensor/optimizers/adamW.ts";
import { warmupCosine } from "../../../tensor/optimizers/warmupCosine.ts";
import { Rng } from "../../../tensor/Rng.ts";
import { float32, type SpecTree, type TensorsOf } from "../../../tensor/TensorSpec.ts";
import type { Tensor } from "../../../tensor/tf.ts";
import type { Examples } from "../../Examples.ts";
import type { Schedule, TaskModality } from "./DecurTask.ts";

/** A pretrained model. */
export interface Pretrained {
  readonly config: DecurConfig;
  readonly params: DecurParams<HostTensor<"float32">>;
  readonly state: DecurState<HostTensor<"float32">>;
  /** Mean loss of the last tenth of the steps; NaN where none was made. */
  readonly loss: number;
}

/** What is pretrained, on what, how. */
export interface PretrainOptions {
  readonly config: DecurConfig;
  readonly modalities: readonly TaskModality[];
  readonly schedule: Schedule;
  readonly train: Examples;
  readonly seed: number;
  readonly threads: number;
  /** A loss other than DeCUR's over the embeddings; DeCUR's unless given. */
  readonly objective?: (views: readonly EmbeddedViews[]) => Tensor;
  progress?(line: string): void;
}

/**
 * Pretrains encoders on pairs of views, without labels.
 *
 * Initial weights, order and views are drawn from the seed alone: variants of one seed start from the
 * same weights and see the same views.
 *
 * @throws {ConfigError} If the batch is smaller than 32 or larger than the set.
 */
export async function pretrain(options: PretrainOptions): Promise<Pretrained> {
  const { config, modalities, schedule, train, seed, threads, objective } = options;
  const { steps, batch: B, rate } = schedule;
  if (!(B >= DECUR_MINIMUM_BATCH && B <= train.count))
    throw new ConfigError(
      "pretrain",
      `batch must be in ${DECUR_MINIMUM_BATCH} … ${train.count}, got ${B}`,
    );
  const rng = Rng.fromSeed(seed);
  const params = initDecur(config, rng.fork("weights"));
  const state = initDecurState(config, params);
  if (steps === 0) return { config, params, state, loss: Number.NaN };

  await using trainer = await Trainer.open({
    ...trainingOf(config, B, objective),
    params,
    extra: state,
    threads,
  });
  const rateAt = warmupCosine({
    peak: rate,
    warmupSteps: Math.ceil(steps / 20),
    totalSteps: steps,
  });
  const order = drawOrder(train.count, rng.fork("order"));
  const chance = rng.fork("views");
  let tail = 0;
  const tailSteps = Math.ceil(steps / 10);
  for (let step = 0; step < steps; step++) {
    const rows = Array.from({ length: B }, () => order());
    const { loss = Number.NaN } = await trainer.step(
      drawViews(modalities, train, rows, chance) as never,
      rateAt(step),
    );
    if (step >= steps - tailSteps) tail += loss / tailSteps;
    if (step % 50 === 0) options.progress?.(`step ${step} of ${steps}, loss ${loss.toFixed(3)}`);
  }
  return {
    config,
    params: await trainer.readParams(),
    state: await trainer.readExtra(),
    loss: tail,
  };
}

/**
 * The step that `pretrain` repeats, as options of a `Trainer`.
 *
 * @param batch Rows of a batch.
 */
export function trainingOf(
  config: DecurConfig,
  batch: number,
  objective?: PretrainOptions["objective"],
) {
  const specs: SpecTree = Object.fromEntries(
    config.modalities.map(({ name, encoder }) => {
      const view = float32([batch, ...inputShape(encoder)]);
      return [name, { first: view, second: view }];
    }),
  );
  return {
    name: "decur-pretrain",
    batch: specs,
    optimizer: adamW({ weightDecay: 1e-4, decays: (_, { rank }) => rank >= 2 }),
    clipNorm: 10,
    loss: (
      weights: DecurParams<Tensor>,
      tensors: TensorsOf<SpecTree>,
      extra: DecurState<Tensor>,
    ): TrainerLoss<DecurState<Tensor>> => {
      const views = tensors as unknown as DecurBatch<Tensor>;
      if (objective === undefined) return decurStep(config, weights, views, extra);
      const { views: embedded, running } = embedBatch(config, weights, views, extra);
      return { loss: objective(embedded), extra: { ...extra, running } };
    },
  };
}

/** Two views of every modality of some examples, drawn independently. */
export function drawViews(
  modalities: readonly TaskModality[],
  examples: Examples,
  rows: readonly number[],
  rng: Rng,
): DecurBatch<Float32Array> {
  return Object.fromEntries(
    modalities.map(({ name, augment }) => {
      const view = (): Float32Array => {
        const parts = rows.map((row) => augment(exampleAt(examples, name, row), rng));
        const size = parts[0]?.length ?? 0;
        const out = new Float32Array(parts.length * size);
        for (const [i, part] of parts.entries()) out.set(part, i * size);
        return out;
      };
      return [name, { first: view(), second: view() }];
    }),
  );
}

/** One example's numbers, a view of the set's. */
export function exampleAt(examples: Examples, modality: string, row: number): Float32Array {
  const input = examples.inputs[modality];
  if (input === undefined)
    throw new ConfigError("decur study", `expected the modality ${modality}, got none`);
  const size = input.data.length / examples.count;
  return input.data.subarray(row * size, (row + 1) * size);
}

/** Rows without end: all of them in random order, again and again. */
export function drawOrder(count: number, rng: Rng): () => number {
  const rows = Int32Array.from({ length: count }, (_, i) => i);
  let next = count;
  return () => {
    if (next >= count) {
      rng.shuffle(rows);
      next = 0;
    }
    const row = rows[next] ?? 0;
    next++;
    return row;
  };
}
