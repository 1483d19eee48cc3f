import type { MlaConfig } from "../../../models/mla/config.ts";
import { type MlaBatch, MlaTrainer } from "../../../models/mla/method.ts";
import { initMla, type MlaParams } from "../../../models/mla/network.ts";
import { RoundOrder, type RoundOrderOptions } from "../../../models/mla/RoundOrder.ts";
import type { HostTensor } from "../../../tensor/HostTensor.ts";
import { warmupCosine } from "../../../tensor/optimizers/warmupCosine.ts";
import { Rng } from "../../../tensor/Rng.ts";

/** Where training examples come from, varied anew each time they are drawn. */
export interface ExampleSource {
  readonly count: number;
  /** [count] */
  readonly labels: Int32Array;
  /** Examples of one modality, varied anew: [rows, ...input] flat, owned by the caller. */
  draw(modality: string, rows: Int32Array, rng: Rng): Float32Array;
}

/** How long and how hard a run trains; the same for all methods that are compared. */
export interface Schedule {
  readonly epochs: number;
  readonly batch: number;
  readonly peakRate: number;
  /** Share of the features set to 0 in training. */
  readonly dropout: number;
}

/** What a run of alternating training needs. */
export interface TrainMlaOptions {
  readonly config: MlaConfig;
  readonly source: ExampleSource;
  /** Examples to learn from: rows of the source that the modality is present in. */
  readonly rows: (modality: string) => readonly number[];
  readonly schedule: Schedule;
  readonly order?: RoundOrderOptions;
  readonly seed: number;
  readonly threads: number;
  readonly progress?: (line: string) => void;
  /** Called before and after every step: for measurements. */
  readonly onStep?: (
    when: "before" | "after",
    modality: string,
    trainer: MlaTrainer,
  ) => Promise<void>;
}

/**
 * Trains alternately: every modality walks through its own examples in its own order, one batch a step.
 *
 * @returns The weights after the last step.
 */
export async function trainMla(
  options: TrainMlaOptions,
): Promise<MlaParams<HostTensor<"float32">>> {
  const { config, schedule, seed, threads } = options;
  const rng = Rng.fromSeed(seed);
  const init = rng.fork("weights");
  const { batch } = schedule;
  await using trainer = await MlaTrainer.open({
    config,
    params: initMla(config, () => init.uniform()),
    batch,
    threads,
  });
  const names = Object.keys(config.modalities);
  const feeds = new Map(
    names.map((name) => [name, batchesOf(name, options, rng.fork(`batches of ${name}`))]),
  );
  const longest = Math.max(...names.map((name) => options.rows(name).length));
  const rounds = Math.max(1, Math.ceil(longest / batch));
  const total = rounds * schedule.epochs;
  const rate = warmupCosine({
    peak: schedule.peakRate,
    warmupSteps: Math.round(total * 0.1),
    totalSteps: total,
  });
  const order = new RoundOrder(names, options.order);
  const report = Math.max(1, Math.floor(schedule.epochs / 4));
  for (let epoch = 0; epoch < schedule.epochs; epoch++) {
    const said: Record<string, { loss: number; accuracy: number; steps: number }> = {};
    for (let round = 0; round < rounds; round++)
      for (const name of order.next()) {
        const share = options.rows(name).length / longest;
        // A modality with fewer examples has fewer steps, spread evenly.
        if (Math.floor((round + 1) * share) === Math.floor(round * share)) continue;
        const fed = feeds.get(name)?.();
        if (fed === undefined) continue;
        await options.onStep?.("before", name, trainer);
        const told = await trainer.step(name, fed, { learningRate: rate(epoch * rounds + round) });
        await options.onStep?.("after", name, trainer);
        if (told === undefined) continue;
        order.observe(name, told.loss);
        const sum = said[name] ?? { loss: 0, accuracy: 0, steps: 0 };
        said[name] = {
          loss: sum.loss + told.loss,
          accuracy: sum.accuracy + told.accuracy,
          steps: sum.steps + 1,
        };
      }
    if ((epoch + 1) % report === 0)
      options.progress?.(
        `epoch ${epoch + 1}/${schedule.epochs} ${Object.entries(said)
          .map(
            ([name, { loss, accuracy, steps }]) =>
              `${name} ${(loss / steps).toFixed(3)} ${(accuracy / steps).toFixed(3)}`,
          )
          .join(", ")}`,
      );
  }
  return await trainer.readParams();
}

/** Endless batches of one modality: all its rows in random order, then again. */
function batchesOf(
  name: string,
  { config, source, rows: rowsOf, schedule: { batch, dropout } }: TrainMlaOptions,
  rng: Rng,
): () => MlaBatch | undefined {
  const rows = Int32Array.from(rowsOf(name));
  let at = rows.length;
  return () => {
    if (rows.length === 0) return undefined;
    const drawn = Int32Array.from({ length: batch }, () => {
      if (at >= rows.length) {
        rng.shuffle(rows);
        at = 0;
      }
      return rows[at++] ?? 0;
    });
    return {
      x: source.draw(name, drawn, rng),
      labels: drawn.map((row) => source.labels[row] ?? 0),
      dropout: drawDropout(batch * config.width, dropout, rng),
    };
  };
}

/** Factors that set a share of numbers to 0 and scale the rest up. */
export function drawDropout(size: number, share: number, rng: Rng): Float32Array {
  const mask = new Float32Array(size).fill(1);
  if (share === 0) return mask;
  for (let i = 0; i < size; i++) mask[i] = rng.uniform() < share ? 0 : 1 / (1 - share);
  return mask;
}
