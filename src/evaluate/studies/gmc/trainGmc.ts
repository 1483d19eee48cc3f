import { type AsTensors, Trainer } from "../../../learn/Trainer.ts";
import type { GmcConfig } from "../../../models/gmc/config.ts";
import type { GmcModel } from "../../../models/gmc/GmcEncoder.ts";
import {
  type GmcBatch,
  type GmcCarried,
  type GmcObjective,
  type GmcTrainingOptions,
  gmcObjective,
  initGmcCarried,
} from "../../../models/gmc/method.ts";
import { type GmcParams, initGmc } from "../../../models/gmc/params.ts";
import type { HostTensor, HostTree } from "../../../tensor/HostTensor.ts";
import { adam } from "../../../tensor/optimizers/adamW.ts";
import type { Optimizer } from "../../../tensor/optimizers/Optimizer.ts";
import { Rng } from "../../../tensor/Rng.ts";
import type { SpecTree, TensorsOf, TensorTree } from "../../../tensor/TensorSpec.ts";
import type { Tensor } from "../../../tensor/tf.ts";

/** A loss beside the contrast, with weights of its own. */
export interface Supervision<H extends HostTree, B extends SpecTree> {
  readonly params: H;
  readonly loss: (params: AsTensors<H>, objective: GmcObjective, batch: TensorsOf<B>) => Tensor;
}

/** One training run. */
export interface GmcRun<B extends SpecTree, H extends HostTree> {
  readonly config: GmcConfig;
  readonly options?: GmcTrainingOptions;
  /** What a step is fed. */
  readonly batch: B;
  /** The feeds of one step; `rng` is the run's own. */
  readonly feeds: (step: number, rng: Rng) => Readonly<Record<string, unknown>>;
  /** The parts of a batch that the objective works on. */
  readonly view: (batch: TensorsOf<B>) => GmcBatch;
  readonly steps: number;
  readonly rate: (step: number) => number;
  readonly optimizer?: Optimizer<string>;
  readonly clipNorm?: number;
  /** Weight of the contrast; 1 unless given, 0 trains without it. */
  readonly contrast?: number;
  readonly supervision?: Supervision<H, B>;
  readonly seed: number;
  readonly threads: number;
  /** Told now and then the step and the loss. */
  readonly progress: (line: string) => void;
}

/** What a run leaves. */
export interface TrainedGmc<H> {
  readonly model: GmcModel;
  /** Weights of the supervision. */
  readonly head: H;
}

const REPORTS = 20;

/** Trains a GMC model; a pure function of its inputs. */
export async function trainGmc<B extends SpecTree, H extends HostTree = Record<never, never>>(
  run: GmcRun<B, H>,
): Promise<TrainedGmc<H>> {
  const { config, options = {}, contrast = 1, supervision } = run;
  const rng = Rng.fromSeed(run.seed);
  const draw = rng.fork("weights");
  const feed = rng.fork("batches");
  const gmc = initGmc(config, () => draw.uniform());
  await using trainer = await Trainer.open({
    name: "gmc",
    params: { gmc, ...(supervision !== undefined && { head: supervision.params }) } as HostTree,
    extra: initGmcCarried(config, gmc, options) as HostTree,
    batch: run.batch,
    optimizer: run.optimizer ?? adam(),
    ...(run.clipNorm !== undefined && { clipNorm: run.clipNorm }),
    threads: run.threads,
    loss: (params, batch, extra) => {
      const trees = params as unknown as { gmc: GmcParams<Tensor>; head: AsTensors<H> };
      const carried = extra as unknown as GmcCarried<Tensor>;
      const objective = gmcObjective(config, options, trees.gmc, carried, run.view(batch));
      const beside = supervision?.loss(trees.head, objective, batch);
      const weighted = objective.loss.mul(contrast);
      return {
        loss: beside === undefined ? weighted : weighted.add(beside),
        metrics: { contrast: objective.loss },
        extra: objective.carried as unknown as TensorTree,
      };
    },
  });
  const every = Math.max(1, Math.floor(run.steps / REPORTS));
  for (let step = 0; step < run.steps; step++) {
    const told = await trainer.step(run.feeds(step, feed) as never, run.rate(step));
    if (step % every === 0 || step === run.steps - 1)
      run.progress(`step ${step + 1}/${run.steps}, loss ${told["loss"]?.toFixed(3)}`);
  }
  const params = (await trainer.readParams()) as unknown as {
    gmc: GmcParams<HostTensor<"float32">>;
    head?: H;
  };
  const { statistics } = (await trainer.readExtra()) as unknown as GmcCarried<
    HostTensor<"float32">
  >;
  return {
    model: { config, params: params.gmc, ...(statistics !== undefined && { statistics }) },
    head: params.head ?? ({} as H),
  };
}
