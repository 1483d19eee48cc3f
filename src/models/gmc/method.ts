import { ConfigError } from "../../errors.ts";
import { stopGradient } from "../../tensor/gradients.ts";
import type { HostTensor } from "../../tensor/HostTensor.ts";
import { type Tensor, tf } from "../../tensor/tf.ts";
import type { GmcConfig } from "./config.ts";
import { type GmcForm, gmcLoss } from "./loss.ts";
import { embed, encodeJoint, type GmcInputs, type GmcMasks, project } from "./network.ts";
import { type GmcParams, type GmcStatistics, initGmcStatistics } from "./params.ts";
import { type GmcQueue, initQueue, pushQueue } from "./queue.ts";
import { followStudent, type GmcTeacher, initTeacher } from "./teacher.ts";
import { temporalNegatives } from "./temporalNegatives.ts";

/** How a model is trained. The empty object is the published method. */
export interface GmcTrainingOptions {
  /** Default `code`. The stream options below are defined for `code` alone. */
  readonly form?: GmcForm;
  /** Instants kept as further negatives. Ours. */
  readonly queue?: { readonly size: number };
  /** Seconds within which two instants are no negatives of each other; `times` are fed. Ours. */
  readonly guard?: number;
  /**
   * What becomes of windows with a modality missing: `skip` leaves them out, as the paper must;
   * `teacher` trains the encoders that are there towards a slow copy of the joint encoder, which sees
   * the last valid input and a presence flag. Either needs `present` with the batch. Ours.
   */
  readonly incomplete?: "skip" | { readonly teacherDecay: number };
}

/** One batch of B instants. */
export interface GmcBatch {
  /** [B, ...shape] per modality; where absent any finite value. */
  readonly inputs: GmcInputs;
  /** [B] per modality: 1 where it was sensed, else 0. */
  readonly present?: GmcInputs;
  /** [B, ...shape] per modality: the input itself, or the last valid one where it is absent. */
  readonly held?: GmcInputs;
  /**
   * [B] per modality: 1 where the joint encoder is shown `inputs`, 0 where it is shown `held`. Default:
   * `present`. Less than that teaches it what a lowered flag means while the truth is known.
   */
  readonly shown?: GmcInputs;
  /** [B] seconds since the start of the session. */
  readonly times?: Tensor;
  readonly masks?: GmcMasks;
}

/** What training carries from step to step without a gradient. Absent parts are not used. */
export type GmcCarried<L> = {
  readonly statistics?: GmcStatistics<L>;
  readonly queue?: GmcQueue<L>;
  readonly teacher?: GmcTeacher<L>;
};

/** What the objective gives for a batch. */
export interface GmcObjective {
  /** [] Σ_m L_m. */
  readonly loss: Tensor;
  /** [] L_m per modality. */
  readonly perModality: { readonly [modality: string]: Tensor };
  /** [B, S] with a gradient to the joint encoder: for a supervised loss beside. */
  readonly joint: Tensor;
  /** [B, S] per modality. */
  readonly modalities: { readonly [modality: string]: Tensor };
  /** [B] 1 where every modality was sensed. */
  readonly complete: Tensor;
  readonly carried: GmcCarried<Tensor>;
}

/**
 * What training starts to carry.
 *
 * @throws {ConfigError} If the options contradict each other or the configuration.
 */
export function initGmcCarried(
  config: GmcConfig,
  params: GmcParams<HostTensor<"float32">>,
  options: GmcTrainingOptions = {},
): GmcCarried<HostTensor<"float32">> {
  const { form = "code", queue, guard, incomplete } = options;
  const isStream = queue !== undefined || guard !== undefined || incomplete !== undefined;
  if (isStream && form !== "code")
    throw new ConfigError("gmc", `queue, guard and incomplete need form "code", got "${form}"`);
  if (guard !== undefined && !(guard >= 0))
    throw new ConfigError("gmc", `guard must be >= 0 s, got ${guard}`);
  const statistics = initGmcStatistics(config);
  const hasTeacher = typeof incomplete === "object";
  if (hasTeacher && config.presence !== true)
    throw new ConfigError("gmc", "a teacher needs a configuration with presence flags");
  return {
    ...(Object.keys(statistics.modalities).length > 0 && { statistics }),
    ...(queue !== undefined && { queue: initQueue(config, queue.size) }),
    ...(hasTeacher && { teacher: initTeacher(params) }),
  };
}

/**
 * GMC's objective: Σ_m gmcLoss(z_J, z_m) over a batch, in any of its published and stream forms.
 *
 * A program body of pure tensors; gradients flow to `params` alone. Instants that a stream option rules
 * out count neither as anchors nor as negatives.
 *
 * @throws {ConfigError} If a stream option lacks the part of the batch it works on.
 *
 * Poklukar et al. 2022, sec. 3, arXiv:2202.03390.
 */
export function gmcObjective(
  config: GmcConfig,
  options: GmcTrainingOptions,
  params: GmcParams<Tensor>,
  carried: GmcCarried<Tensor>,
  batch: GmcBatch,
): GmcObjective {
  const { form = "code", guard, incomplete } = options;
  const { inputs, present, times, masks } = batch;
  const names = config.modalities.map(({ name }) => name);
  if (incomplete !== undefined && present === undefined)
    throw new ConfigError("gmc", "incomplete windows need `present` with the batch");
  if (guard !== undefined && times === undefined)
    throw new ConfigError("gmc", "a guard needs `times` with the batch");

  const seen = jointView(batch, names);
  const student = embed(config, params, {
    mode: "training",
    ...(carried.statistics !== undefined && { statistics: carried.statistics }),
    inputs,
    ...seen,
    ...(masks !== undefined && { masks }),
  });
  const [B = 0] = student.joint.shape;
  const all = tf.ones([B]);
  const complete = names.reduce(
    (product: Tensor, name) => tf.mul(product, present?.[name] ?? all),
    all,
  );
  let target = student.joint;
  if (carried.teacher !== undefined) {
    const whole = tf.expandDims(complete, 1);
    const taught = teach(config, carried, seen.jointInputs ?? inputs, seen.shown);
    target = tf.add(tf.mul(student.joint, whole), tf.mul(taught, tf.sub(1, whole)));
  }

  const near = guard === undefined || times === undefined ? undefined : { guard, times };
  const negatives = near && temporalNegatives(near.times, near.times, near.guard);
  const { queue } = carried;
  const validity: Record<string, Tensor> = {};
  const perModality: Record<string, Tensor> = {};
  for (const name of names) {
    const z = student.modalities[name] ?? target;
    const valid = carried.teacher === undefined ? complete : (present?.[name] ?? all);
    validity[name] = valid;
    perModality[name] = gmcLoss(target, z, {
      temperature: config.temperature,
      form,
      ...(present !== undefined && form === "code" && { present: valid }),
      ...(negatives !== undefined && { negatives }),
      ...(queue !== undefined && {
        queue: {
          joint: queue.joint,
          modality: queue.modalities[name] ?? queue.joint,
          allowed: allowedEntries(queue, name, near, B),
        },
      }),
    });
  }
  return {
    loss: tf.addN(Object.values(perModality)),
    perModality,
    joint: student.joint,
    modalities: student.modalities,
    complete,
    carried: {
      ...(carried.statistics !== undefined && { statistics: student.statistics }),
      ...(queue !== undefined && {
        queue: pushQueue(queue, {
          joint: stopGradient(target),
          modalities: mapValues(student.modalities, stopGradient),
          valid: validity,
          times: times ?? tf.zeros([B]),
        }),
      }),
      ...(carried.teacher !== undefined &&
        typeof incomplete === "object" && {
          teacher: followStudent(carried.teacher, params, incomplete.teacherDecay),
        }),
    },
  };
}

/** What the joint encoder reads: the held value where an input is not shown. */
function jointView(
  { inputs, present, held, shown = present }: GmcBatch,
  names: readonly string[],
): { readonly jointInputs?: GmcInputs; readonly shown?: GmcInputs } {
  if (shown === undefined || held === undefined) return {};
  const mixed = names.map((name) => {
    const [x, old, flag] = [inputs[name], held[name], shown[name]];
    if (x === undefined || old === undefined || flag === undefined)
      throw new ConfigError(
        "gmc",
        `expected held and shown of every modality, got none of ${name}`,
      );
    const open = tf.reshape(flag, [-1, ...x.shape.slice(1).map(() => 1)]);
    return [name, tf.add(tf.mul(x, open), tf.mul(old, tf.sub(1, open)))] as const;
  });
  return { jointInputs: Object.fromEntries(mixed), shown };
}

function teach(
  config: GmcConfig,
  { teacher, statistics }: GmcCarried<Tensor>,
  inputs: GmcInputs,
  shown: GmcInputs | undefined,
): Tensor {
  if (teacher === undefined) throw new ConfigError("gmc", "expected a teacher");
  const params = { modalities: {}, joint: teacher.joint, head: teacher.head };
  const { h } = encodeJoint(config, params, inputs, {
    mode: "inference",
    ...(statistics !== undefined && { statistics }),
    ...(shown !== undefined && { shown }),
  });
  return stopGradient(project(config, teacher.head, h));
}

/** [B, Q] which queue entries may be negatives of which samples. */
function allowedEntries(
  queue: GmcQueue<Tensor>,
  name: string,
  near: { readonly times: Tensor; readonly guard: number } | undefined,
  B: number,
): Tensor {
  const valid = tf.expandDims(queue.valid[name] ?? tf.zerosLike(queue.times), 0); // [1, Q]
  return near === undefined
    ? tf.tile(valid, [B, 1])
    : tf.mul(temporalNegatives(near.times, queue.times, near.guard), valid);
}

function mapValues(
  tensors: { readonly [name: string]: Tensor },
  map: (tensor: Tensor) => Tensor,
): Record<string, Tensor> {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, map(tensor)]));
}
