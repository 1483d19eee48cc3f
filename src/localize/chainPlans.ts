import { ConfigError } from "../errors.ts";

/**
 * Which events may overlap.
 *
 * - `exclusive`: none; at any instant one class holds
 * - `slots`: those of different slots; within a slot one label at a time. A label of no slot is its own
 * - `labels`: all
 */
export type Overlap = "exclusive" | "slots" | "labels";

/** One chain: what it tells apart. */
export interface ChainPlan {
  /** Class of each state; state 0 is "none of them". */
  readonly classes: readonly number[];
  /** [states] how often each holds. */
  readonly prior: readonly number[];
}

/** Probabilities below this are taken for it: a float32 softmax leaves zeros. */
const LEAST = 1e-9;

/**
 * The chains that a kind of overlap takes.
 *
 * @param silence Index of the class that is no event.
 * @throws {ConfigError} If a slot names a label that is no class.
 */
export function chainPlans(
  overlap: Overlap,
  {
    classes,
    prior,
    silence,
    slots,
  }: {
    readonly classes: readonly string[];
    readonly prior: readonly number[];
    readonly silence: number;
    readonly slots: Readonly<Record<string, readonly string[]>>;
  },
): ChainPlan[] {
  const labels = [...classes.keys()].filter((index) => index !== silence);
  const used = overlap === "slots" ? Object.entries(slots) : [];
  const groups = used.map(([slot, names]) =>
    names.map((name) => {
      const index = classes.indexOf(name);
      if (index < 0)
        throw new ConfigError("EventLocalizer", `slot ${slot}: expected classes, got ${name}`);
      return index;
    }),
  );
  const free = labels.filter((label) => !groups.some((group) => group.includes(label)));
  const chains = {
    exclusive: [labels],
    slots: [...groups, ...free.map((label) => [label])],
    labels: labels.map((label) => [label]),
  }[overlap];
  return chains.map((own) => {
    const shares = own.map((label) => prior[label] ?? 0);
    const none = Math.max(1 - shares.reduce((sum, share) => sum + share, 0), 0);
    return { classes: [silence, ...own], prior: [none, ...shares] };
  });
}

/**
 * What a chain is given of a row: its classes' log-probabilities, and the rest as state 0.
 *
 * @param logProbabilities [all classes] natural log.
 * @returns [states] natural log.
 */
export function statesOf(
  { classes }: ChainPlan,
  logProbabilities: ArrayLike<number>,
): Float64Array {
  const states = Float64Array.from(classes, (index) => logProbabilities[index] ?? -Infinity);
  if (classes.length === logProbabilities.length) return states;
  let mass = 0;
  for (let state = 1; state < states.length; state++) mass += Math.exp(states[state] ?? -Infinity);
  states[0] = Math.log(Math.max(1 - mass, LEAST));
  return states;
}
