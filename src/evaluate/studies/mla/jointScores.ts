import type { TrialContext } from "../../Study.ts";
import { accuracyOf } from "./Answers.ts";
import { studyConfig } from "./encoders.ts";
import { subsetsOf } from "./fuseAnswers.ts";
import { JointAnswerer } from "./JointAnswerer.ts";
import { missingAt, ratesOf } from "./missingAt.ts";
import type { SubsetStudyOptions, SubsetTask } from "./SubsetTask.ts";
import { trainJoint } from "./trainJoint.ts";

/**
 * One network on the features of all modalities side by side, absent inputs as zeros: trained on what
 * is there (`zero-fill`), or with flags and on random subsets of it (`all-subsets`).
 */
export async function jointScores(
  task: SubsetTask,
  form: "zero-fill" | "all-subsets",
  options: SubsetStudyOptions,
  { seed, threads, progress }: TrialContext,
): Promise<Record<string, number>> {
  const names = Object.keys(task.encoders);
  const N = task.test.labels.length;
  const config = studyConfig(task.encoders, task.classes, options.config);
  const readout = form === "zero-fill" ? "concat" : "concat-flags";
  const rows = Array.from({ length: task.source.count }, (_, row) => row);
  const metrics: Record<string, number> = {};
  for (const rate of [0, ...ratesOf(seed)]) {
    const presence = rate === 0 ? undefined : missingAt(task, rate);
    const params = await trainJoint({
      config,
      readout,
      source: task.source,
      rows,
      ...(presence !== undefined && { present: presence.train }),
      randomSubsets: form === "all-subsets",
      schedule: rate === 0 ? task.schedule : task.missingSchedule,
      seed,
      threads,
      progress: (line) => progress(`missing ${rate} %, ${line}`),
    });
    await using answerer = await JointAnswerer.open(config, readout, params, threads);
    const accuracy = async (present: Uint8Array): Promise<number> =>
      accuracyOf(await answerer.answer(task.test, present), task.test.labels);
    if (presence !== undefined) {
      metrics[`accuracy/all@missing${rate}`] = await accuracy(presence.test);
      continue;
    }
    for (const modalities of subsetsOf(names))
      metrics[`accuracy/${modalities.join("+")}`] = await accuracy(
        Uint8Array.from({ length: N * names.length }, (_, i) =>
          modalities.includes(names[i % names.length] ?? "") ? 1 : 0,
        ),
      );
    metrics["accuracy/all"] = metrics[`accuracy/${names.join("+")}`] ?? Number.NaN;
  }
  return metrics;
}
