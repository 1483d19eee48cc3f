import type { MlaConfig } from "../../../models/mla/config.ts";
import { type Answers, answer, fitTemperatures, joinAnswers } from "./Answers.ts";
import type { SubsetTask } from "./SubsetTask.ts";
import { trainMla } from "./trainMla.ts";

/** Prior on ln T of deviation 0.1: other people differ more than some hundred clips can tell. */
const SHRINKAGE = 100;

/**
 * Temperatures for people who are not in the training: each person's clips are answered by a model
 * trained on the others, one temperature per modality is fitted on all those answers, and shrunk
 * towards 1.
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
  for (const person of new Set(people)) {
    const others = rows.filter((row) => people[row] !== person);
    const params = await trainMla({
      config,
      source,
      rows: () => others,
      schedule: missingSchedule,
      seed,
      threads,
      progress: (line) => progress(`without person ${person}, ${line}`),
    });
    const own = task.plain(rows.filter((row) => people[row] === person));
    parts.push(await answer(config, params, own, threads));
  }
  return fitTemperatures(joinAnswers(parts), SHRINKAGE);
}
