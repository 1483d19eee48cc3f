import { Trainer, type TrainerOptions } from "../../../learn/Trainer.ts";
import type { HostTree } from "../../../tensor/HostTensor.ts";
import type { SpecTree } from "../../../tensor/TensorSpec.ts";

/** A training run of any network. */
export interface NetworkRun<P extends HostTree, X extends HostTree, B extends SpecTree>
  extends TrainerOptions<P, X, B> {
  /** What step `step` is fed; where it draws, from a generator of the run's own. */
  readonly feeds: (step: number) => unknown;
  readonly steps: number;
  readonly rate: (step: number) => number;
  /** Told now and then the step and the loss. */
  readonly progress: (line: string) => void;
}

/** What a run leaves. */
export interface TrainedNetwork<P, X> {
  readonly params: P;
  readonly extra: X;
}

/** Reports per run. */
const REPORTS = 20;

/** Trains a network for its steps. */
export async function trainNetwork<
  P extends HostTree,
  B extends SpecTree,
  X extends HostTree = Record<never, never>,
>(run: NetworkRun<P, X, B>): Promise<TrainedNetwork<P, X>> {
  await using trainer = await Trainer.open(run);
  const every = Math.max(1, Math.floor(run.steps / REPORTS));
  for (let step = 0; step < run.steps; step++) {
    const told = await trainer.step(run.feeds(step) as never, run.rate(step));
    if (step % every === 0 || step === run.steps - 1)
      run.progress(`step ${step + 1}/${run.steps}, loss ${told["loss"]?.toFixed(3)}`);
  }
  return { params: await trainer.readParams(), extra: await trainer.readExtra() };
}
