import { ConfigError } from "../../../errors.ts";
import { Trainer } from "../../../learn/Trainer.ts";
import type { ImlConfig } from "../../../models/imlrs/config.ts";
import { drawMasks } from "../../../models/imlrs/drawMasks.ts";
import {
  classificationObjective,
  type ImlObjective,
  inputFeeds,
  pretrainingObjective,
} from "../../../models/imlrs/method.ts";
import type { ImlParams } from "../../../models/imlrs/params.ts";
import type { HostTensor, HostTree } from "../../../tensor/HostTensor.ts";
import { adamW } from "../../../tensor/optimizers/adamW.ts";
import { warmupCosine } from "../../../tensor/optimizers/warmupCosine.ts";
import type { Rng } from "../../../tensor/Rng.ts";
import { gatherRows } from "../../Examples.ts";
import { drawRows } from "./drawRows.ts";
import type { ImlProtocol, IncompleteExamples, Schedule } from "./protocol.ts";

type Params = ImlParams<HostTensor<"float32">>;

/** One training of the network. */
export interface TrainImlrsOptions {
  readonly config: ImlConfig;
  readonly examples: IncompleteExamples;
  readonly protocol: Pick<ImlProtocol, "classify" | "pretrain" | "augment" | "prepare">;
  /** Whether random combinations of them are left out. */
  readonly combination: "random" | "all";
  /** Whether every sample of a batch draws its own combination and tokens. */
  readonly perSample: boolean;
  readonly rng: Rng;
  readonly threads: number;
  progress(line: string): void;
}

/** Trains to classify from `params`; gives the last weights. */
export async function trainClassifier(options: TrainImlrsOptions, params: Params): Promise<Params> {
  const { config, examples, rng } = options;
  const schedule = options.protocol.classify;
  const rowsOf = drawRows(rng.fork("rows"), usableLabels(config, examples, true), {
    batch: schedule.batch,
    classes: schedule.balanced ? examples.classes : undefined,
  });
  const dropRng = rng.fork("dropout");
  const keep = 1 - schedule.dropout;
  return run(
    options,
    params,
    { name: "train", schedule, unused: ["pool", "decoders"] },
    classificationObjective(config, schedule.batch, schedule),
    rowsOf,
    (rows) => ({
      targets: {
        labels: Int32Array.from(rows, (row) => examples.labels[row] ?? 0),
        weights: new Float32Array(rows.length).fill(1),
        dropout: Float32Array.from({ length: rows.length * config.width }, () =>
          dropRng.uniform() < keep ? 1 / keep : 0,
        ),
      },
    }),
  );
}

/** Pre-trains without labels; gives the last weights. */
export async function pretrain(options: TrainImlrsOptions, params: Params): Promise<Params> {
  const { config, examples, rng } = options;
  const schedule = options.protocol.pretrain;
  // Rows without a label have inputs all the same.
  const rowsOf = drawRows(rng.fork("pretrain-rows"), usableLabels(config, examples, false), {
    batch: schedule.batch,
    classes: undefined,
  });
  return run(
    { ...options, combination: "all" },
    params,
    { name: "pretrain", schedule, unused: ["head"] },
    pretrainingObjective(config, schedule.batch, schedule.contrast),
    rowsOf,
    () => ({}),
  );
}

/** One phase of training. */
interface Phase {
  readonly name: string;
  readonly schedule: Schedule;
  /** Weights its loss does not reach: left as they are, and out of the optimiser's work. */
  readonly unused: readonly (keyof Params)[];
}

async function run(
  options: TrainImlrsOptions,
  params: Params,
  { name, schedule, unused }: Phase,
  objective: ImlObjective,
  rowsOf: () => readonly number[],
  targetsOf: (rows: readonly number[]) => object,
): Promise<Params> {
  const { config, examples, combination, perSample, protocol, threads, progress } = options;
  const { steps, batch, peak, weightDecay, keep } = schedule;
  const maskRng = options.rng.fork(`${name}-masks`);
  const augmentRng = options.rng.fork(`${name}-augment`);
  const rate = warmupCosine({ peak, warmupSteps: Math.ceil(steps / 10), totalSteps: steps });
  const trained = Object.fromEntries(
    Object.entries(params).filter(([part]) => !unused.some((each) => each === part)),
  );
  await using trainer = await Trainer.open({
    name: `imlrs-${name}`,
    params: trained as unknown as HostTree,
    batch: objective.batch,
    loss: objective.loss,
    // Gains, biases and learned tokens do not decay.
    optimizer: adamW({ weightDecay, beta2: 0.99, decays: decaysOf }),
    clipNorm: 1,
    threads,
  });
  let sum = 0;
  for (let step = 0; step < steps; step++) {
    const rows = rowsOf();
    const gathered = Object.fromEntries(
      config.modalities.map(({ name: modality }) => {
        const all = examples.inputs[modality];
        if (all === undefined)
          throw new ConfigError("trainImlrs", `expected examples with ${modality}`);
        return [modality, gatherRows(all, rows)];
      }),
    );
    const moved = protocol.augment?.(gathered, augmentRng) ?? gathered;
    const inputs = protocol.prepare?.(moved) ?? moved;
    const masks = drawMasks(maskRng, config, {
      batch,
      available: availability(config, examples, rows),
      combination,
      keep,
      perSample,
    });
    const data = Object.fromEntries(
      Object.entries(inputs).map(([modality, { data: values }]) => [modality, values]),
    );
    const feeds = { inputs: inputFeeds(data, masks), ...targetsOf(rows) };
    const { loss = 0 } = await trainer.step(feeds as never, rate(step));
    sum += loss;
    if ((step + 1) % 100 === 0) {
      progress(`${name} ${step + 1}/${steps}: loss ${(sum / 100).toFixed(3)}`);
      sum = 0;
    }
  }
  return { ...params, ...((await trainer.readParams()) as unknown as Partial<Params>) };
}

/** Which modalities the rows of a batch have. */
function availability(
  config: ImlConfig,
  { present }: IncompleteExamples,
  rows: readonly number[],
): Record<string, Float32Array> {
  return Object.fromEntries(
    config.modalities.map(({ name }) => [
      name,
      Float32Array.from(rows, (row) => present?.[name]?.[row] ?? 1),
    ]),
  );
}

/** Labels of the rows that have anything the network reads; −1 of the others. */
function usableLabels(
  config: ImlConfig,
  { labels, present }: IncompleteExamples,
  isLabelled: boolean,
): Int32Array {
  return labels.map((label, row) => {
    const hasSome = config.modalities.some(({ name }) => (present?.[name]?.[row] ?? 1) > 0);
    if (!hasSome) return -1;
    return isLabelled ? label : 0;
  });
}

/** Matrices decay; gains, biases, learned tokens, queries and embeddings do not. */
function decaysOf(path: string): boolean {
  return /\/(weight|query|key|value|gate|out)$/.test(path);
}
