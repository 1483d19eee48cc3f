import type { DataSet } from "./DataSet.ts";

/** What one run of a trial is given. */
export interface TrialContext {
  readonly data: DataSet;
  /** Split to test on; learning is from `train` always. */
  readonly split: string;
  /** Seed of everything that is drawn. */
  readonly seed: number;
  /** Threads of the compute device. */
  readonly threads: number;
  /** Tells how far it is, in a few words. */
  progress(line: string): void;
}

/** One way of doing it: the method, a baseline, or the method without one of its parts. */
export interface Trial {
  /** Empty for the method itself; else what its metrics carry after the `@`: `cca`, `no-cpc`. */
  readonly variant: string;
  /** What it is, in one line of the results page. */
  readonly summary: string;
  /** False where once is enough: nothing is drawn, or the method's own spread is what it is held against. */
  readonly seeded?: boolean;
  /** Run only where it is named: what takes long and few ask for. */
  readonly onRequest?: boolean;
  /** All that its figures depend on beside code, data and seed. */
  readonly config: unknown;
  /** Trains on `train`, tests on the split; gives metrics by name, without the variant. */
  run(context: TrialContext): Promise<Readonly<Record<string, number>>>;
}

/** A method put to the test on data sets. */
export interface Study {
  readonly name: string;
  /** What the method is for, for a reader who knows none of the papers: a few sentences of Markdown. */
  readonly idea?: string;
  /** Data sets it knows, by their own names. */
  readonly sets: readonly string[];
  /** What is tried on one of them, the method itself first. */
  trials(set: string): readonly Trial[];
  /** What is asked of this set and how it is measured: Markdown, at the head of the results page. */
  about(set: string): string;
  /** What the figures mean, told from them: Markdown, below the tables. */
  verdict?(set: string, metrics: MetricTable): string;
  /** What the index of all results shows of this set; the method's first figures unless given. */
  headlines?(set: string): readonly Headline[];
  /** Pictures beyond the plot that every page has: file name without folder, and the SVG. */
  pictures?(set: string, metrics: MetricTable): readonly StudyPicture[];
}

/** One figure of the method for the index of all results, and what it is held against. */
export interface Headline {
  /** What the figure is, for a reader who knows none of the papers: `lips, read by what sound taught`. */
  readonly says: string;
  /** As a trial gives it: `transfer/audio->lips`. */
  readonly metric: string;
  /** Variants whose figure stands beside the method's, where they were run. */
  readonly against: readonly string[];
}

/** One drawing of a results page. */
export interface StudyPicture {
  /** Unique in the page: `subsets`. */
  readonly name: string;
  readonly caption: string;
  readonly svg: string;
}

/** Mean and standard deviation over the seeds of each metric. */
export type MetricTable = Readonly<Record<string, MetricSummary>>;

/** One metric over the seeds. */
export interface MetricSummary {
  readonly mean: number;
  /** Sample standard deviation (N−1); 0 for a single seed. */
  readonly std: number;
}

/**
 * A metric's full name: `accuracy/fused@0dB` of the variant `sum` is `accuracy/fused@0dB,sum`.
 *
 * @param metric As a trial gives it.
 */
export function metricName(metric: string, variant: string): string {
  if (variant === "") return metric;
  return `${metric}${metric.includes("@") ? "," : "@"}${variant}`;
}
