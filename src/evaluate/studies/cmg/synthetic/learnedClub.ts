import { Trainer } from "../../../../learn/Trainer.ts";
import { type ClubNetParams, clubNet, initClubNet } from "../../../../models/cmg/clubNets.ts";
import { clubLogLikelihood, clubSampled } from "../../../../models/cmg/losses/club.ts";
import type { HostTree } from "../../../../tensor/HostTensor.ts";
import { Rng } from "../../../../tensor/Rng.ts";
import { float32, int32 } from "../../../../tensor/TensorSpec.ts";
import { type Tensor, tf } from "../../../../tensor/tf.ts";

/** How the approximation nets are fitted. */
export interface LearnedClubOptions {
  /** Correlation of x and y in every dimension. */
  readonly rho: number;
  readonly dimensions: number;
  readonly hidden: number;
  readonly batch: number;
  readonly steps: number;
  /** Estimates at the end that are averaged. */
  readonly averaged: number;
  readonly seed: number;
  readonly threads: number;
}

/**
 * CLUB of jointly Gaussian variables with learned nets, ln σ² by a tanh.
 *
 * With the exact q it is ρ²/(1 − ρ²) per dimension, with ln σ² ≥ −1 at most ρ² e. Neither is the mutual
 * information, which lies below.
 *
 * @returns Mean of the last estimates, in nats.
 */
export async function learnedClub(options: LearnedClubOptions): Promise<number> {
  const { rho, dimensions: d, hidden, batch, steps, averaged, seed, threads } = options;
  const rng = Rng.fromSeed(seed);
  const params = initClubNet(() => rng.uniform(), d, d, hidden);
  await using trainer = await Trainer.open({
    name: "learned-club",
    params: params as unknown as HostTree,
    batch: { x: float32([batch, 1, d]), y: float32([batch, 1, d]), permutation: int32([batch]) },
    threads,
    loss: (weights, { x, y, permutation }) => {
      const q = clubNet(weights as unknown as ClubNetParams<Tensor>, x, { logVariance: "tanh" });
      const shuffled = tf.gather(y, permutation) as Tensor;
      return {
        loss: tf.neg(clubLogLikelihood(q, y)),
        metrics: { bound: clubSampled(q, y, shuffled) },
      };
    },
  });
  let sum = 0;
  for (let step = 0; step < steps; step++) {
    const x = rng.normalArray(batch * d);
    const y = x.map((value) => rho * value + Math.sqrt(1 - rho * rho) * rng.normal());
    const permutation = rng.shuffle(Int32Array.from({ length: batch }, (_, i) => i));
    const { bound = Number.NaN } = await trainer.step({ x, y, permutation }, 1e-3);
    if (step >= steps - averaged) sum += bound / averaged;
  }
  return sum;
}

/** The value of CLUB per dimension with the exact mean and a log-variance that a tanh allows. */
export function tanhBound(rho: number): number {
  const least = Math.max(1 - rho * rho, Math.exp(-1));
  return (rho * rho) / least;
}
