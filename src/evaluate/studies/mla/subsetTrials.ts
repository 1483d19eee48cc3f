import type { MlaConfig } from "../../../models/mla/config.ts";
import { initMla } from "../../../models/mla/network.ts";
import type { RoundOrderOptions } from "../../../models/mla/RoundOrder.ts";
import type { Trial, TrialContext } from "../../Study.ts";
import { answer } from "./Answers.ts";
import { rowsWith } from "./drawPresence.ts";
import { studyConfig } from "./encoders.ts";
import { ForgettingProbe } from "./ForgettingProbe.ts";
import { foldTemperatures } from "./foldTemperatures.ts";
import { type FuseOptions, fusedAccuracies, sharpOf, subsetsOf } from "./fuseAnswers.ts";
import { GUARDS } from "./guards.ts";
import { jointScores } from "./jointScores.ts";
import { lateScores } from "./lateScores.ts";
import { missingAt, ratesOf } from "./missingAt.ts";
import type { SubsetStudyOptions, SubsetTask } from "./SubsetTask.ts";
import { trainJoint } from "./trainJoint.ts";
import { trainMla } from "./trainMla.ts";

interface MlaVariant {
  readonly variant: string;
  readonly summary: string;
  readonly config?: Partial<MlaConfig>;
  readonly order?: RoundOrderOptions;
  readonly simultaneous?: boolean;
}

const ABLATIONS: readonly MlaVariant[] = [
  { variant: "no-alternation", summary: "shared head, all in one step", simultaneous: true },
  ...GUARDS.map(({ name, guard }) => ({
    variant: name,
    summary: `alternating, the head's updates guarded: ${name}`,
    config: { guard, guardsBias: guard.kind !== "paper" },
  })),
  {
    variant: "weak-first",
    summary: "alternating, the modality with the highest loss first",
    order: { order: "weakFirst" },
  },
  {
    variant: "skip-ahead",
    summary: "alternating, a modality below half the others' loss sits out",
    order: { skipBelow: 0.5 },
  },
];

/** MLA on any subset of the modalities, and with data missing, against what one would do without it. */
export function subsetTrials(options: SubsetStudyOptions): readonly Trial[] {
  const { read, ablations, config, temperatures, settings } = options;
  const described = { config, temperatures, settings };
  const mla = (each: MlaVariant, missing: boolean): Trial => ({
    variant: each.variant,
    summary: each.summary,
    // An ablation is judged by the spread of the method: one seed of it is enough.
    seeded: missing,
    config: { change: each, ...described, missing },
    run: async (context) => {
      const task = await read(context.data, context.split);
      const full = await runFull(task, each, options, context);
      if (!missing) return full;
      const rates: Record<string, number> = {};
      for (const rate of ratesOf(context.seed))
        Object.assign(rates, await runMissing(task, rate, options, context));
      return { ...full, ...rates };
    },
  });
  return [
    mla({ variant: "", summary: "alternating, shared head, entropy fusion" }, true),
    {
      variant: "late",
      summary: "a network per modality with a head of its own, mean of the probabilities",
      config: described,
      run: async (context) =>
        await lateScores(await read(context.data, context.split), options, context),
    },
    ...(["zero-fill", "all-subsets"] as const).map(
      (form): Trial => ({
        variant: form,
        summary:
          form === "zero-fill"
            ? "one network on all features side by side, zeros where missing"
            : "the same with presence flags, random subsets shown in training",
        config: described,
        run: async (context) =>
          await jointScores(await read(context.data, context.split), form, options, context),
      }),
    ),
    ...(ablations ? ABLATIONS.map((each) => mla(each, false)) : []),
  ];
}

/** All data there: every subset from one model. */
async function runFull(
  task: SubsetTask,
  variant: MlaVariant,
  options: SubsetStudyOptions,
  { seed, threads, progress }: TrialContext,
): Promise<Record<string, number>> {
  const config = studyConfig(task.encoders, task.classes, { ...options.config, ...variant.config });
  const { source, schedule } = task;
  const rows = Array.from({ length: source.count }, (_, row) => row);
  const common = { config, source, schedule, seed, threads, progress };
  const metrics: Record<string, number> = {};
  const train = async () => {
    if (variant.simultaneous)
      return await trainJoint({ ...common, readout: "shared" as const, rows });
    const probeRows = rows.filter((row) => row % Math.ceil(source.count / 54) === 0);
    const fresh = initMla(config, () => 0.5);
    const plain = task.plain(probeRows);
    await using probe = await ForgettingProbe.open(config, fresh, plain, 29);
    const params = await trainMla({
      ...common,
      rows: () => rows,
      onStep: probe.onStep,
      ...(variant.order !== undefined && { order: variant.order }),
    });
    for (const [name, change] of Object.entries(probe.changes))
      metrics[`forgetting/${name}`] = 1000 * change;
    return params;
  };
  const answers = await answer(config, await train(), task.test, threads);
  const temperatures =
    options.temperatures && variant.variant === ""
      ? await foldTemperatures(task, config, { seed, threads, progress })
      : {};
  for (const [name, temperature] of Object.entries(temperatures))
    metrics[`temperature/${name}`] = temperature;

  const subsets = subsetsOf(Object.keys(task.encoders));
  const rules: [string, FuseOptions][] = subsets.flatMap((modalities): [string, FuseOptions][] => {
    const name = `accuracy/${modalities.join("+")}`;
    return [
      [name, { modalities, sharpness: 1, temperatures }],
      ...(modalities.length < 2
        ? []
        : ([
            [`${name}@sum`, { modalities, sharpness: 0, temperatures }],
            [`${name}@sharp`, { modalities, sharpness: sharpOf(task.classes), temperatures }],
            [`${name}@no-temperature`, { modalities, sharpness: 1 }],
          ] satisfies [string, FuseOptions][])),
    ];
  });
  const figures = await fusedAccuracies(
    answers,
    rules.map(([, rule]) => rule),
  );
  rules.forEach(([name], i) => {
    metrics[name] = figures[i] ?? Number.NaN;
  });
  metrics["accuracy/all"] =
    metrics[`accuracy/${Object.keys(task.encoders).join("+")}`] ?? Number.NaN;
  return metrics;
}

/** A share of the modalities missing in training and test alike. */
async function runMissing(
  task: SubsetTask,
  rate: number,
  options: SubsetStudyOptions,
  { seed, threads, progress }: TrialContext,
): Promise<Record<string, number>> {
  const config = studyConfig(task.encoders, task.classes, options.config);
  const M = Object.keys(task.encoders).length;
  const presence = missingAt(task, rate);
  const names = Object.keys(task.encoders);
  const rows = new Map(names.map((name, m) => [name, rowsWith(presence.train, M, m)]));
  const params = await trainMla({
    config,
    source: task.source,
    rows: (modality) => rows.get(modality) ?? [],
    schedule: task.missingSchedule,
    seed,
    threads,
    progress: (line) => progress(`missing ${rate} %, ${line}`),
  });
  const answers = await answer(config, params, task.test, threads);
  const [all = Number.NaN] = await fusedAccuracies(answers, [
    { sharpness: 1, present: presence.test },
  ]);
  return { [`accuracy/all@missing${rate}`]: all };
}
