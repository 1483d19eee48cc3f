import type { Clock } from "../clock/Clock.ts";
import { ConfigError } from "../errors.ts";
import { type Micros, toSeconds } from "../units.ts";
import { openDataSet } from "./DataSet.ts";
import { loadStudy } from "./loadStudy.ts";
import type { MetricTable, Study, Trial } from "./Study.ts";
import { summarize } from "./summarize.ts";
import { type TrialKey, type TrialResult, TrialStore } from "./TrialStore.ts";
import { TrialThread } from "./TrialThread.ts";

/** What is to be run. */
export interface StudyRunOptions {
  /** Address of the module that exports the study. */
  readonly module: string | URL;
  /** Folder of the data set, or `synthetic`. */
  readonly data: string;
  /** Split to test on. */
  readonly split: string;
  /** Each trial is run with seeds 1 to this. */
  readonly seeds: number;
  /** Only these variants, `method` being the method itself; all unless given. */
  readonly variants?: readonly string[];
  /** Trials at a time, each in a thread of its own. */
  readonly jobs: number;
  /** Threads of the compute device of each. */
  readonly threads: number;
  /** Where finished trials are kept. */
  readonly cache: string;
  /** Whether finished trials of an earlier run with the same configuration are taken over. */
  readonly resume: boolean;
  /** Runs nothing: sums up what finished trials of the same configuration there are. */
  readonly onlyFinished?: boolean;
  readonly clock: Clock;
  onProgress(progress: StudyProgress): void;
}

/** How far a run is. */
export interface StudyProgress {
  readonly done: number;
  readonly of: number;
  /** What happened last. */
  readonly line: string;
  /** Whether a trial ended. */
  readonly isMilestone: boolean;
}

/** What a run gave. */
export interface StudyReport {
  readonly study: Study;
  /** The data set's own name. */
  readonly set: string;
  readonly metrics: MetricTable;
  /** Wall-clock seconds of this run, and what the trials that it took over had taken. */
  readonly seconds: number;
  /** Most memory, in MiB. */
  readonly peakMiB: number;
  readonly results: readonly TrialResult[];
  /** What went wrong, by trial; the other trials' figures stand. */
  readonly failures: readonly string[];
}

interface Task {
  readonly key: TrialKey;
  readonly trial: Trial;
  readonly name: string;
}

/**
 * Runs all trials of a study on one data set, for each seed, and sums them up.
 *
 * A trial that fails is told and left out; the others go on.
 *
 * @throws {ConfigError} If the study does not know the set, the set lacks a split, or a variant is
 *   unknown.
 */
export async function runStudy(options: StudyRunOptions): Promise<StudyReport> {
  const { module, data, split, clock, cache, resume, onProgress } = options;
  const began = clock.now();
  const study = await loadStudy(module);
  const set = await openDataSet(data);
  if (!study.sets.includes(set.name))
    throw new ConfigError(
      study.name,
      `expected --data ${study.sets.join(" or ")}, got ${set.name}`,
    );
  for (const needed of ["train", split])
    if (!set.hasSplit(needed))
      throw new ConfigError(set.name, `expected arrays of split "${needed}", got none`);

  const store = new TrialStore(cache);
  const tasks = tasksOf(study, set.name, options);
  const onlyFinished = options.onlyFinished ?? false;
  const found =
    resume || onlyFinished ? await Promise.all(tasks.map(({ key }) => store.find(key))) : [];
  const results = new Map<string, TrialResult>();
  tasks.forEach(({ name }, i) => {
    const earlier = found[i];
    if (earlier !== undefined) results.set(name, earlier);
  });
  const takenOver = [...results.values()];
  const waiting = onlyFinished ? [] : tasks.filter(({ name }) => !results.has(name));
  const failures: string[] = [];
  const tell = (line: string, isMilestone: boolean): void =>
    onProgress({ done: results.size, of: tasks.length, line, isMilestone });
  if (takenOver.length > 0) tell(`${takenOver.length} taken over from an earlier run`, true);

  const work = async (): Promise<void> => {
    await using thread = new TrialThread();
    for (let task = waiting.shift(); task !== undefined; task = waiting.shift()) {
      const { key, trial, name } = task;
      const { seed } = key;
      const started = clock.now();
      try {
        const metrics = await thread.run(
          {
            module: String(module),
            data,
            split,
            variant: trial.variant,
            seed,
            threads: options.threads,
          },
          (line) => tell(`${name}: ${line}`, false),
        );
        const seconds = toSeconds((clock.now() - started) as Micros);
        const result = { variant: trial.variant, seed, metrics, seconds, peakMiB: peakMiB() };
        await store.keep(key, result);
        results.set(name, result);
        tell(`${name} in ${seconds.toFixed(0)} s: ${headline(metrics)}`, true);
      } catch (cause) {
        failures.push(`${name}: ${cause instanceof Error ? cause.message : String(cause)}`);
        tell(failures.at(-1) ?? name, true);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(options.jobs, waiting.length) }, work));

  const ordered = tasks.flatMap(({ name }) => results.get(name) ?? []);
  const earlier = takenOver.reduce((sum, { seconds }) => sum + seconds, 0);
  return {
    study,
    set: set.name,
    metrics: summarize(ordered),
    seconds: toSeconds((clock.now() - began) as Micros) + earlier,
    peakMiB: Math.max(peakMiB(), ...takenOver.map((result) => result.peakMiB)),
    results: ordered,
    failures,
  };
}

/**
 * All trials that are wanted: the method with every seed, then the first seed of every variant, so that the
 * table fills early.
 */
function tasksOf(
  study: Study,
  set: string,
  { variants, seeds, split, onlyFinished = false }: StudyRunOptions,
): readonly Task[] {
  const all = study.trials(set);
  const nameOf = ({ variant }: Trial): string => (variant === "" ? "method" : variant);
  for (const variant of variants ?? [])
    if (!all.some((trial) => nameOf(trial) === variant))
      throw new ConfigError(
        "--variants",
        `expected of ${all.map(nameOf).join(", ")}, got ${variant}`,
      );
  const wanted = all.filter(
    (trial) => variants?.includes(nameOf(trial)) ?? (onlyFinished || trial.onRequest !== true),
  );
  const tasks = Array.from({ length: seeds }, (_, i) => i + 1).flatMap((seed) =>
    wanted
      .filter(({ seeded = true }) => seeded || seed === 1)
      .map((trial) => ({
        trial,
        name: `${nameOf(trial)}, seed ${seed}`,
        key: { study: study.name, set, split, seed, trial },
      })),
  );
  return [
    ...tasks.filter(({ trial }) => trial.variant === ""),
    ...tasks.filter(({ trial }) => trial.variant !== ""),
  ];
}

function headline(metrics: Readonly<Record<string, number>>): string {
  return Object.entries(metrics)
    .slice(0, 4)
    .map(([name, value]) => `${name} ${value.toFixed(3)}`)
    .join(", ");
}

function peakMiB(): number {
  return Math.round(process.resourceUsage().maxRSS / 1024);
}
