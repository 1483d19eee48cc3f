/** One measured value, in its unit, with its ratio to each peer measured in the same run. */
export interface BenchResult {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly better: "lower" | "higher";
  /** value / peer: below 1 is in our favour where lower is better. */
  readonly ratios: { readonly [peer: string]: number };
}

/** What a benchmark prints as its last line with --json. */
export interface BenchReport {
  readonly bench: string;
  readonly results: readonly BenchResult[];
  /** One line for each peer or case that could not run here. */
  readonly skipped: readonly string[];
}

/** What every benchmark is given. */
export interface BenchOptions {
  /** Takes progress lines. */
  readonly log: (line: string) => void;
  /** Arguments after the benchmark's name, without --json. */
  readonly args: readonly string[];
}

/** Runs a benchmark. */
export type Bench = (options: BenchOptions) => Promise<BenchReport>;

/** The middle of some numbers; NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}
