import type { MlaConfig } from "../../../models/mla/config.ts";
import { type Answers, answer, fitTemperatures, joinAnswers } from "./Answers.ts";
import type { SubsetTask } from "./SubsetTask.ts";
import { trainMla } from "./trainMla.ts";

/** Prior on ln T of deviation 0.1: other people differ more than some hundred clips can tell. */
const SHRINKAGE = 100;

/** Groups that the people are dealt into: one model each is trained without them. */
const FOLDS = 2;

/**
 * Temperatures for people who are not in the training: the people are dealt into two groups, each
 * group's clips are answered by a model trained on the other, one temperature per modality is fitted
 * on all those answers, and shrunk towards 1.
 *
 * @returns By modality; empty where the task has no people.
 */
export async function foldTemperatures(
  task: SubsetTask,
  config: MlaConfig,
  {
    seed,
    threads,
    progress,
  }: { readonly seed: number; readonly threads: number; progress(line: string): void },
): Promise<Readonly<Record<string, number>>> {
  const { people, source, missingSchedule } = task;
  if (people === undefined) return {};
  const rows = Array.from(people.keys());
  const parts: Answers[] = [];
  const everyone = [...new Set(people)];
  for (let fold = 0; fold < FOLDS; fold++) {
    const held = new Set(everyone.filter((_, i) => i % FOLDS === fold));
    const isHeld = (row: number): boolean => held.has(people[row] ?? -1);
    const others = rows.filter((row) => !isHeld(row));
    const params = await trainMla({
      config,
      source,
      rows: () => others,
      schedule: missingSchedule,
      seed,
      threads,
      progress: (line) => progress(`without people ${[...held].join(", ")}, ${line}`),
    });
    parts.push(await answer(config, params, task.plain(rows.filter(isHeld)), threads));
  }
  return fitTemperatures(joinAnswers(parts), SHRINKAGE);
}
