import type { MlaConfig } from "../../../models/mla/config.ts";
import type { RoundOrderOptions } from "../../../models/mla/RoundOrder.ts";
import type { Trial, TrialContext } from "../../Study.ts";
import { type Answers, accuracyOf, answer, fitTemperatures } from "./Answers.ts";
import { GRID_ENCODERS, studyConfig } from "./encoders.ts";
import { type FusionRule, fusedAccuracies, sharpOf } from "./fuseAnswers.ts";
import {
  GRID_CONDITIONS,
  type GridCondition,
  type GridTask,
  gridTask,
  NOISE_LEVELS,
} from "./gridTask.ts";
import { GUARDS } from "./guards.ts";
import { JointAnswerer } from "./JointAnswerer.ts";
import { trainJoint } from "./trainJoint.ts";
import { type Schedule, trainMla } from "./trainMla.ts";

const SCHEDULE: Schedule = { epochs: 50, batch: 32, peakRate: 3e-3, dropout: 0.3 };
const CONFIG: Partial<MlaConfig> = {
  labelSmoothing: 0.1,
  optimizer: { kind: "adamw", weightDecay: 0.1, beta2: 0.99 },
};
/** Sound has many noise copies and a small network: it steps so often for each step of the lips. */
const SOUND_STEPS = 2;
/**
 * Prior on ln T: sixty held-out sentences may all be right, which says nothing of how sure to be. The
 * same lips stand under every level of noise: belief has to count as often as they do.
 */
const SHRINKAGE = { clean: 20, noisy: 20 * NOISE_LEVELS } as const;
const CONDITIONS = Object.keys(GRID_CONDITIONS) as GridCondition[];

/** What a variant changes. */
interface GridVariant {
  readonly variant: string;
  readonly summary: string;
  readonly sound?: "noisy" | "clean";
  readonly config?: Partial<MlaConfig>;
  readonly order?: RoundOrderOptions;
  readonly joint?: "concat" | "shared";
  /** Run with one seed only: an ablation that the spread of the method is enough to judge by. */
  readonly isAside?: true;
}

const VARIANTS: readonly GridVariant[] = [
  { variant: "", summary: "alternating, babble in training, entropy fusion, temperatures" },
  { variant: "clean-trained", summary: "the same, trained on clean sound alone", sound: "clean" },
  {
    variant: "joint",
    summary: "one network on the features side by side, same encoders and schedule",
    joint: "concat",
  },
  {
    variant: "joint-clean-trained",
    summary: "the same, trained on clean sound alone",
    joint: "concat",
    sound: "clean",
    isAside: true,
  },
  {
    variant: "no-alternation",
    summary: "shared head, both modalities in one step",
    joint: "shared",
    isAside: true,
  },
  ...GUARDS.map(({ name, guard }) => ({
    variant: name,
    summary: `alternating, the head's updates guarded: ${name}`,
    config: { guard, guardsBias: guard.kind !== "paper" },
    isAside: true as const,
  })),
];

/** Fusion rules told beside the method's own, from the same answers. */
type Rules = Readonly<Record<string, FusionRule>>;

/** MLA on spoken digits in babble. */
export function gridTrials(): readonly Trial[] {
  return VARIANTS.map(({ isAside = false, ...each }) => ({
    variant: each.variant,
    summary: each.summary,
    seeded: !isAside,
    config: {
      ...each,
      base: CONFIG,
      schedule: SCHEDULE,
      soundSteps: SOUND_STEPS,
      encoders: GRID_ENCODERS,
      ...(each.joint !== "concat" && { shrinkage: SHRINKAGE }),
    },
    run: (context) => runGrid(each, context),
  }));
}

async function runGrid(
  variant: GridVariant,
  context: TrialContext,
): Promise<Readonly<Record<string, number>>> {
  const task = await gridTask(context.data, context.split);
  if (variant.joint === "concat") return await runConcat(variant, task, context);
  const config = studyConfig(GRID_ENCODERS, task.classes, { ...CONFIG, ...variant.config });
  const params = await trainShared(variant, config, task, context);
  const ask = async (questions: Awaited<ReturnType<GridTask["test"]>>): Promise<Answers> =>
    await answer(config, params, questions, context.threads);

  const noisy = fitTemperatures(await ask(await task.validation("noisy")), SHRINKAGE.noisy);
  const clean = fitTemperatures(await ask(await task.validation("clean")), SHRINKAGE.clean);
  const rules: Rules = {
    fused: { sharpness: 1, temperatures: noisy },
    sum: { sharpness: 0, temperatures: noisy },
    sharp: { sharpness: sharpOf(task.classes), temperatures: noisy },
    "fused,no-temperature": { sharpness: 1 },
    "sum,no-temperature": { sharpness: 0 },
    "fused,temperatures-clean": { sharpness: 1, temperatures: clean },
  };
  const metrics: Record<string, number> = {};
  for (const [name, temperature] of Object.entries(noisy))
    metrics[`temperature/${name}`] = temperature;
  for (const condition of CONDITIONS) {
    const answers = await ask(await task.test(condition));
    for (const [name, logits] of Object.entries(answers.logits))
      metrics[`accuracy/${name}@${condition}`] = accuracyOf(logits, answers.labels);
    const fused = await fusedAccuracies(answers, Object.values(rules));
    Object.keys(rules).forEach((rule, i) => {
      const [name, ...rest] = rule.split(",");
      metrics[`accuracy/${[`${name}@${condition}`, ...rest].join(",")}`] = fused[i] ?? Number.NaN;
    });
  }
  return metrics;
}

async function trainShared(
  { sound = "noisy", order, joint }: GridVariant,
  config: MlaConfig,
  task: GridTask,
  { seed, threads, progress }: TrialContext,
) {
  const source = task.source(sound);
  const common = { config, source, schedule: SCHEDULE, seed, threads, progress };
  if (joint === "shared")
    return await trainJoint({ ...common, readout: "shared", rows: repeated(task.rows) });
  return await trainMla({
    ...common,
    ...(order !== undefined && { order }),
    rows: (modality) => (modality === "audio" ? repeated(task.rows) : task.rows),
  });
}

async function runConcat(
  { sound = "noisy" }: GridVariant,
  task: GridTask,
  { seed, threads, progress }: TrialContext,
): Promise<Readonly<Record<string, number>>> {
  const config = studyConfig(GRID_ENCODERS, task.classes, CONFIG);
  const params = await trainJoint({
    config,
    readout: "concat",
    source: task.source(sound),
    rows: repeated(task.rows),
    schedule: SCHEDULE,
    seed,
    threads,
    progress,
  });
  await using answerer = await JointAnswerer.open(config, "concat", params, threads);
  const metrics: Record<string, number> = {};
  for (const condition of CONDITIONS) {
    const questions = await task.test(condition);
    const all = new Uint8Array(questions.labels.length * 2).fill(1);
    metrics[`accuracy/fused@${condition}`] = accuracyOf(
      await answerer.answer(questions, all),
      questions.labels,
    );
  }
  return metrics;
}

/** As many steps as the sound has in alternation; joint networks take them with both modalities. */
function repeated(rows: readonly number[]): readonly number[] {
  return Array.from({ length: SOUND_STEPS }, () => rows).flat();
}
