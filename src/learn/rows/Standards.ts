import type { UnifiedConfig } from "../../models/unified/config.ts";
import type { UnifiedParams } from "../../models/unified/params.ts";
import { type HostTensor, hostTensor } from "../../tensor/HostTensor.ts";
import { measureColumns } from "./measureColumns.ts";
import type { RowLine } from "./RowLine.ts";

type Host = HostTensor<"float32">;

/** What the features of one stream are brought to mean 0 and deviation 1 by. */
export interface Standards {
  /** [size] */
  readonly mean: Float32Array;
  /** [size] > 0; infinite where the feature never moved: of what it says when it does nothing was learnt. */
  readonly deviation: Float32Array;
}

/**
 * What is brought to deviation 1: each `feature` by itself, for numbers of different units, or the `stream`
 * as a whole, where features are of one unit and what hardly moves says little: a shoulder's place tells
 * people apart rather than what they do.
 */
export type Scaling = "feature" | "stream";

/** A feature that moves a little is not blown up beyond this share of the stream's usual deviation. */
const LEAST_SHARE = 0.05;

/**
 * Mean and deviation of every feature of the streams that enter as plain vectors, over all sensed rows.
 *
 * A feature that never moves is brought to 0 for good, and so has no weight in what is folded: a weight that was
 * never learnt would make noise of the first move that it sees live.
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
  const { mean, deviation, still } = measureColumns(size, (take) => eachSensed(lines, name, take));
  const usual = Math.sqrt(deviation.reduce((sum, own) => sum + own ** 2, 0) / size);
  return {
    mean: Float32Array.from(mean),
    deviation: Float32Array.from(deviation, (own, i) => {
      if (still[i] === 1) return Number.POSITIVE_INFINITY;
      return scaling === "stream" ? usual : Math.max(own, LEAST_SHARE * usual);
    }),
  };
}

/** Calls `take` with where each sensed row of a stream is. */
function eachSensed(
  lines: readonly RowLine[],
  name: string,
  take: (x: Float32Array, from: number) => void,
): void {
  for (const { rows, streams } of lines) {
    const source = streams[name];
    for (let row = 0; row < rows; row++)
      if (source?.present[row] === 1) take(source.x, row * source.size);
  }
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
