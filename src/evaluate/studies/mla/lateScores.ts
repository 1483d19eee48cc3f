import type { TrialContext } from "../../Study.ts";
import { accuracyOf, answer } from "./Answers.ts";
import { rowsWith } from "./drawPresence.ts";
import { studyConfig } from "./encoders.ts";
import { subsetsOf } from "./fuseAnswers.ts";
import { missingAt, ratesOf } from "./missingAt.ts";
import type { SubsetStudyOptions, SubsetTask } from "./SubsetTask.ts";
import { type Schedule, trainMla } from "./trainMla.ts";

/**
 * Late fusion: a network per modality with a head of its own, trained apart; the probabilities of what
 * is there are averaged.
 */
export async function lateScores(
  task: SubsetTask,
  options: SubsetStudyOptions,
  context: TrialContext,
): Promise<Record<string, number>> {
  const names = Object.keys(task.encoders);
  const N = task.test.labels.length;
  const metrics: Record<string, number> = {};
  const everyone = new Uint8Array(task.source.count * names.length).fill(1);
  const full = await trainApart(task, everyone, task.schedule, options, context);
  for (const modalities of subsetsOf(names)) {
    const present = Uint8Array.from({ length: N * names.length }, (_, i) =>
      modalities.includes(names[i % names.length] ?? "") ? 1 : 0,
    );
    metrics[`accuracy/${modalities.join("+")}`] = meanAccuracy(full, task, present);
  }
  metrics["accuracy/all"] = metrics[`accuracy/${names.join("+")}`] ?? Number.NaN;
  for (const rate of ratesOf(context.seed)) {
    const presence = missingAt(task, rate);
    const apart = await trainApart(task, presence.train, task.missingSchedule, options, context);
    metrics[`accuracy/all@missing${rate}`] = meanAccuracy(apart, task, presence.test);
  }
  return metrics;
}

/** Probabilities [N, C] of each modality's own network, by name. */
async function trainApart(
  task: SubsetTask,
  present: Uint8Array,
  schedule: Schedule,
  options: SubsetStudyOptions,
  { seed, threads, progress }: TrialContext,
): Promise<Readonly<Record<string, Float32Array>>> {
  const names = Object.keys(task.encoders);
  const out: Record<string, Float32Array> = {};
  for (const [m, name] of names.entries()) {
    const encoder = task.encoders[name];
    const x = task.test.inputs[name];
    if (encoder === undefined || x === undefined) continue;
    const config = studyConfig({ [name]: encoder }, task.classes, options.config);
    const rows = rowsWith(present, names.length, m);
    const params = await trainMla({
      config,
      source: task.source,
      rows: () => rows,
      schedule,
      seed,
      threads,
      progress: (line) => progress(`${name} apart, ${line}`),
    });
    const questions = { labels: task.test.labels, inputs: { [name]: x } };
    const { logits } = await answer(config, params, questions, threads);
    out[name] = softmaxRows(logits[name] ?? new Float32Array(0), task.classes);
  }
  return out;
}

function meanAccuracy(
  probabilities: Readonly<Record<string, Float32Array>>,
  { test, classes }: SubsetTask,
  present: Uint8Array,
): number {
  const own = Object.values(probabilities);
  const sum = new Float32Array(test.labels.length * classes);
  own.forEach((values, m) => {
    for (let i = 0; i < sum.length; i++)
      if (present[Math.floor(i / classes) * own.length + m] === 1)
        sum[i] = (sum[i] ?? 0) + (values[i] ?? 0);
  });
  return accuracyOf(sum, test.labels);
}

function softmaxRows(logits: Float32Array, classes: number): Float32Array {
  const out = new Float32Array(logits.length);
  for (let start = 0; start < logits.length; start += classes) {
    const row = logits.subarray(start, start + classes);
    const largest = Math.max(...row);
    let mass = 0;
    for (const y of row) mass += Math.exp(y - largest);
    for (const [c, y] of row.entries()) out[start + c] = Math.exp(y - largest) / mass;
  }
  return out;
}
