import type { Label, Micros, SensorSettings } from "../../src/sensing.ts";

/** Which part of a data set's clips to stream. */
export interface ClipSetOptions {
  /** Folder of the arrays. */
  readonly directory: string;
  readonly split: string;
  /** Clips, from the first on. */
  readonly clips: number;
  /** Draws their order and the gaps between them. */
  readonly seed: number;
}

/** The same for who wants to know what is on the line; all clips of the split unless told how many. */
export type ClipSetRequest = Omit<ClipSetOptions, "clips"> & {
  readonly clips?: number | undefined;
};

/** What is truly so on a line. */
export interface ClipTruth {
  readonly duration: Micros;
  readonly labels: readonly Label[];
  /** Clips on it. */
  readonly clips: number;
}

/** Reads which part of a set a sensor is to stream. @throws {ConfigError} If an option is none. */
export function clipSetOptions(settings: SensorSettings): ClipSetOptions {
  return {
    directory: settings.text("directory"),
    split: settings.text("split", "dev"),
    clips: settings.count("clips", 1),
    seed: settings.count("seed", 0, 1),
  };
}
