import { Trainer } from "../../../learn/Trainer.ts";
import type { MlaConfig } from "../../../models/mla/config.ts";
import type { HostTensor } from "../../../tensor/HostTensor.ts";
import { adamW } from "../../../tensor/optimizers/adamW.ts";
import { warmupCosine } from "../../../tensor/optimizers/warmupCosine.ts";
import { Rng } from "../../../tensor/Rng.ts";
import { float32, int32 } from "../../../tensor/TensorSpec.ts";
import type { Tensor } from "../../../tensor/tf.ts";
import { initJoint, type JointParams, jointLoss, type Readout } from "./jointNet.ts";
import { drawDropout, type ExampleSource, type Schedule } from "./trainMla.ts";

/** What a run of joint training needs. */
export interface TrainJointOptions {
  readonly config: MlaConfig;
  readonly readout: Readout;
  readonly source: ExampleSource;
  readonly rows: readonly number[];
  /** [count, M] of the source's examples; all present unless given. Absent inputs are zeros. */
  readonly present?: Uint8Array;
  /** Whether each batch hides a random part of what is present, at least one kept. */
  readonly randomSubsets?: boolean;
  readonly schedule: Schedule;
  readonly seed: number;
  readonly threads: number;
  readonly progress?: (line: string) => void;
}

/**
 * Trains all modalities in one step on paired examples: the baselines of alternating training, with its
 * encoders, batches, optimiser and schedule.
 */
export async function trainJoint(
  options: TrainJointOptions,
): Promise<JointParams<HostTensor<"float32">>> {
  const { config, readout, source, schedule, seed } = options;
  const { batch: B } = schedule;
  const names = Object.keys(config.modalities);
  const M = names.length;
  const rng = Rng.fromSeed(seed);
  const init = rng.fork("weights");
  const { weightDecay } = config.optimizer;
  const beta2 = config.optimizer.kind === "adamw" ? config.optimizer.beta2 : 0.99;
  await using trainer = await Trainer.open({
    name: `train-joint/${readout}`,
    params: initJoint(config, readout, () => init.uniform()),
    batch: {
      x: Object.fromEntries(
        Object.entries(config.modalities).map(([name, { input }]) => [
          name,
          float32([B, ...input]),
        ]),
      ),
      present: float32([B, M]),
      labels: int32([B]),
      dropout: float32([B, M * config.width]),
    },
    optimizer: adamW({ weightDecay, beta2, decays: (_, { rank }) => rank >= 2 }),
    threads: options.threads,
    loss: (params, batch) => ({
      // The trees were built from the configuration: their types are wider than what they hold.
      loss: jointLoss(config, readout, params as unknown as JointParams<Tensor>, {
        ...batch,
        x: batch.x as Readonly<Record<string, Tensor>>,
      }),
    }),
  });
  const rows = Int32Array.from(options.rows);
  const steps = Math.max(1, Math.ceil(rows.length / B));
  const total = steps * schedule.epochs;
  const rate = warmupCosine({
    peak: schedule.peakRate,
    warmupSteps: Math.round(total * 0.1),
    totalSteps: total,
  });
  const draws = rng.fork("batches");
  const report = Math.max(1, Math.floor(schedule.epochs / 4));
  for (let epoch = 0; epoch < schedule.epochs; epoch++) {
    draws.shuffle(rows);
    let sum = 0;
    for (let step = 0; step < steps; step++) {
      const drawn = Int32Array.from(
        { length: B },
        (_, i) => rows[(step * B + i) % rows.length] ?? 0,
      );
      const present = presenceOf(drawn, M, options, draws);
      const x = Object.fromEntries(
        names.map((name, m) => {
          const own = source.draw(name, drawn, draws);
          blank(own, present, M, m);
          return [name, own];
        }),
      );
      const labels = drawn.map((row) => source.labels[row] ?? 0);
      const dropout = drawDropout(B * M * config.width, schedule.dropout, draws);
      const told = await trainer.step(
        { x, present, labels, dropout } as never,
        rate(epoch * steps + step),
      );
      sum += told["loss"] ?? 0;
    }
    if ((epoch + 1) % report === 0)
      options.progress?.(`epoch ${epoch + 1}/${schedule.epochs} loss ${(sum / steps).toFixed(3)}`);
  }
  return await trainer.readParams();
}

/** Zeros in the inputs of examples that lack modality `m`, in place. */
export function blank(x: Float32Array, present: ArrayLike<number>, M: number, m: number): void {
  const count = present.length / M;
  const size = x.length / count;
  for (let row = 0; row < count; row++)
    if (!((present[row * M + m] ?? 0) > 0)) x.fill(0, row * size, (row + 1) * size);
}

function presenceOf(
  rows: Int32Array,
  M: number,
  { present, randomSubsets = false }: TrainJointOptions,
  rng: Rng,
): Float32Array {
  const out = new Float32Array(rows.length * M);
  for (const [i, row] of rows.entries()) {
    const there = Array.from({ length: M }, (_, m) => m).filter(
      (m) => (present?.[row * M + m] ?? 1) > 0,
    );
    const shown = randomSubsets ? there.filter(() => rng.uniform() < 0.5) : there;
    const one = there[rng.int(0, Math.max(there.length, 1))];
    for (const m of shown.length > 0 || one === undefined ? shown : [one]) out[i * M + m] = 1;
  }
  return out;
}
