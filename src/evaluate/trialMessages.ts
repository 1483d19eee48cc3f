/** What a trial's thread is told: which trial of which study, on what. */
export interface TrialOrder {
  /** Address of the study's module. */
  readonly module: string;
  /** Folder of the data set, or `synthetic`. */
  readonly data: string;
  readonly split: string;
  readonly variant: string;
  readonly seed: number;
  readonly threads: number;
}

/** What it says. */
export type TrialNews =
  | { readonly type: "progress"; readonly line: string }
  | { readonly type: "done"; readonly metrics: Readonly<Record<string, number>> }
  | { readonly type: "failed"; readonly problem: string };
