import type { EncoderConfig, MlaConfig } from "../../../models/mla/config.ts";
import type { DataSet } from "../../DataSet.ts";
import type { Questions } from "./Answers.ts";
import type { ExampleSource, Schedule } from "./trainMla.ts";

/** Classification from several modalities of which any may be missing. */
export interface SubsetTask {
  readonly encoders: Readonly<Record<string, EncoderConfig>>;
  readonly classes: number;
  readonly source: ExampleSource;
  /** [count] people of the source's examples, where new people are what is tested; else absent. */
  readonly people?: Int32Array;
  /** Some of the source's examples as tests see them. */
  plain(rows: readonly number[]): Questions;
  readonly test: Questions;
  readonly schedule: Schedule;
  /** Of the runs with missing data, of which there are many. */
  readonly missingSchedule: Schedule;
}

/** What the study of one set is made of. */
export interface SubsetStudyOptions {
  readonly read: (data: DataSet, split: string) => Promise<SubsetTask>;
  /** Encoders and schedules, to tell kept trials of other ones. */
  readonly settings: unknown;
  /** Changes of the study's configuration for this set. */
  readonly config: Partial<MlaConfig>;
  /** Whether temperatures are fitted across people; 1 throughout otherwise. */
  readonly temperatures: boolean;
  /** Whether the ablations are run, or only what the missing-rate table needs. */
  readonly ablations: boolean;
}
