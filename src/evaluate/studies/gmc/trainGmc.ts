import type { AsTensors } from "../../../learn/Trainer.ts";
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
import type { Optimizer } from "../../../tensor/optimizers/Optimizer.ts";
import { Rng } from "../../../tensor/Rng.ts";
import type { SpecTree, TensorsOf } from "../../../tensor/TensorSpec.ts";
import { type Tensor, tf } from "../../../tensor/tf.ts";
import { trainNetwork } from "./trainNetwork.ts";

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
  /** Makes the feeds of step after step; `rng` is the run's own. */
  readonly feeds: (rng: Rng) => (step: number) => unknown;
  /** The parts of a batch that the objective works on. */
  readonly view: (batch: TensorsOf<B>) => GmcBatch;
  readonly steps: number;
  readonly rate: (step: number) => number;
  readonly optimizer?: Optimizer<string>;
  /** Weight of the contrast; 1 unless given, 0 trains without it. */
  readonly contrast?: number;
  readonly supervision?: Supervision<H, B>;
  readonly seed: number;
  readonly threads: number;
  readonly progress: (line: string) => void;
}

/** What a run leaves. */
export interface TrainedGmc<H> {
  readonly model: GmcModel;
  /** Weights of the supervision. */
  readonly head: H;
}

/** Trains a GMC model; a pure function of its inputs. */
export async function trainGmc<B extends SpecTree, H extends HostTree = Record<never, never>>(
  run: GmcRun<B, H>,
): Promise<TrainedGmc<H>> {
  const { config, options = {}, contrast = 1, supervision } = run;
  const rng = Rng.fromSeed(run.seed);
  const draw = rng.fork("weights");
  const gmc = initGmc(config, () => draw.uniform());
  const carriedFirst = initGmcCarried(config, gmc, options);
  const trained = await trainNetwork({
    name: "gmc",
    params: { gmc, ...(supervision !== undefined && { head: supervision.params }) } as HostTree,
    extra: carriedFirst as HostTree,
    batch: run.batch,
    ...(run.optimizer !== undefined && { optimizer: run.optimizer }),
    threads: run.threads,
    feeds: run.feeds(rng.fork("batches")),
    steps: run.steps,
    rate: run.rate,
    progress: run.progress,
    loss: (params, batch, extra) => {
      const trees = params as unknown as { gmc: GmcParams<Tensor>; head: AsTensors<H> };
      const carried = extra as unknown as GmcCarried<Tensor>;
      const objective = gmcObjective(config, options, trees.gmc, carried, run.view(batch));
      const weighted = tf.mul(objective.loss, contrast);
      const beside = supervision?.loss(trees.head, objective, batch);
      return {
        loss: beside === undefined ? weighted : tf.add(weighted, beside),
        extra: objective.carried as never,
      };
    },
  });
  // The trees come back as they were given.
  const { gmc: params, head } = trained.params as unknown as {
    gmc: GmcParams<HostTensor<"float32">>;
    head?: H;
  };
  const { statistics } = trained.extra as unknown as GmcCarried<HostTensor<"float32">>;
  return {
    model: { config, params, ...(statistics !== undefined && { statistics }) },
    head: head ?? ({} as H),
  };
}
