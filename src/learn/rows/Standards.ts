import type { UnifiedConfig } from "../../models/unified/config.ts";
import type { UnifiedParams } from "../../models/unified/params.ts";
import { type HostTensor, hostTensor } from "../../tensor/HostTensor.ts";
import type { RowLine } from "./RowLine.ts";

type Host = HostTensor<"float32">;

/** What the features of one stream are brought to mean 0 and deviation 1 by. */
export interface Standards {
  /** [size] */
  readonly mean: Float32Array;
  /** [size] > 0 */
  readonly deviation: Float32Array;
}

/**
 * What is brought to deviation 1: each `feature` by itself, for numbers of different units, or the `stream`
 * as a whole, where features are of one unit and what hardly moves says little: a shoulder's place tells
 * people apart rather than what they do.
 */
export type Scaling = "feature" | "stream";

/** A feature that hardly moves is not blown up beyond this share of the stream's usual deviation. */
const LEAST_SHARE = 0.05;

/**
 * Mean and deviation of every feature of the streams that enter as plain vectors, over all sensed rows.
 *
 * Pictures are left alone: their extractors scale them, and neighbouring pixels belong together.
 *
 * @param scaled By stream; `feature` unless given.
 */
export function measureStandards(
  lines: readonly RowLine[],
  config: UnifiedConfig,
  scaled: Readonly<Record<string, Scaling>> = {},
): Record<string, Standards> {
  return Object.fromEntries(
    config.streams
      .filter(({ front }) => front.kind === "vector")
      .map(({ name, size }) => [name, standardsOf(lines, name, size, scaled[name] ?? "feature")]),
  );
}

function standardsOf(
  lines: readonly RowLine[],
  name: string,
  size: number,
  scaling: Scaling,
): Standards {
  const sums = new Float64Array(size);
  const squares = new Float64Array(size);
  let count = 0;
  for (const { rows, streams } of lines) {
    const source = streams[name];
    for (let row = 0; row < rows; row++) {
      if (source?.present[row] !== 1) continue;
      count++;
      for (let i = 0; i < size; i++) {
        const value = source.x[row * size + i] ?? 0;
        sums[i] = (sums[i] ?? 0) + value;
        squares[i] = (squares[i] ?? 0) + value * value;
      }
    }
  }
  const n = Math.max(count, 1);
  const mean = Float32Array.from(sums, (sum) => sum / n);
  const variances = squares.map((square, i) => Math.max(square / n - (mean[i] ?? 0) ** 2, 0));
  const usual = Math.sqrt(variances.reduce((sum, variance) => sum + variance, 0) / size);
  if (scaling === "stream")
    return { mean, deviation: new Float32Array(size).fill(Math.max(usual, 1e-6)) };
  const least = Math.max(LEAST_SHARE * usual, 1e-6);
  return {
    mean,
    deviation: Float32Array.from(variances, (variance) => Math.max(Math.sqrt(variance), least)),
  };
}

/**
 * Weights that do with features as they are what the given ones do with standardised features.
 *
 *     W ((x − μ) / σ) + b = (W / σ) x + (b − W (μ / σ))
 *
 * So nothing of the standards has to travel beside the weights.
 */
export function foldStandards(
  params: UnifiedParams<Host>,
  standards: Readonly<Record<string, Standards>>,
): UnifiedParams<Host> {
  return {
    ...params,
    streams: Object.fromEntries(
      Object.entries(params.streams).map(([name, stream]) => {
        const { first } = stream.front;
        const own = standards[name];
        if (first === undefined || own === undefined) return [name, stream];
        const [size = 0, width = 0] = first.weight.shape;
        const weight = new Float32Array(size * width);
        const bias = Float32Array.from(first.bias.data);
        for (let i = 0; i < size; i++)
          for (let j = 0; j < width; j++) {
            const scaled = (first.weight.data[i * width + j] ?? 0) / (own.deviation[i] ?? 1);
            weight[i * width + j] = scaled;
            bias[j] = (bias[j] ?? 0) - scaled * (own.mean[i] ?? 0);
          }
        const folded = {
          weight: hostTensor(weight, [size, width]),
          bias: hostTensor(bias, [width]),
        };
        return [name, { ...stream, front: { ...stream.front, first: folded } }];
      }),
    ),
  };
}
