import { EXEMPLARS, type Exemplars } from "../../models/unified/exemplars.ts";
import type { LabelledRow } from "./HeadLearner.ts";
import { slotsOf } from "./LearnerRow.ts";
import type { PartAnswers } from "./PartAnswers.ts";
import type { IntSource } from "./Reservoir.ts";

/** All that a memory holds. */
export interface ExemplarState extends Exemplars {
  /** [S + 1, classes] how many there were to choose from. */
  readonly seen: Int32Array;
}

/**
 * What is remembered of labelled rows, as it will serve: of each class and head a few of them, a uniform sample
 * of all there were, so that what was learnt first is not pushed out by what came last.
 *
 * Bounded by its shapes; see `exemplarShapes`.
 */
export class ExemplarMemory {
  readonly #rng: IntSource;
  readonly #keepsOld: boolean;
  #exemplars: Float32Array;
  #exemplified: Float32Array;
  #seen: Int32Array;

  /**
   * @param from What is remembered at first.
   * @param rng Borrowed; drawn from once for each row and head where a class is full.
   * @param keepsOld Whether what is kept is a sample of all; the newest unless so.
   */
  constructor(from: Exemplars, rng: IntSource, keepsOld: boolean) {
    this.#rng = rng;
    this.#keepsOld = keepsOld;
    this.#exemplars = from.exemplars.slice();
    this.#exemplified = from.exemplified.slice();
    this.#seen = countOf(from);
  }

  /** Offers a labelled row to the head of every stream that was there, and of the joint of all of them. */
  offer({ row, label }: LabelledRow, answers: PartAnswers): void {
    const { length: S } = answers.config.streams;
    const { length: C } = answers.config.classes;
    const { streams, joints } = slotsOf(row.mask, S);
    const { perClass } = EXEMPLARS;
    for (const [head, slot] of [...streams, joints.get(row.mask) ?? -1].entries()) {
      if (slot < 0) continue;
      const at = head * C + label;
      const seen = (this.#seen[at] ?? 0) + 1;
      this.#seen[at] = seen;
      const place = this.#placeOf(seen);
      if (place >= perClass) continue;
      this.#exemplified[at] = 1;
      const features = answers.featuresOf(row, slot, head).subarray(0, -1);
      const length = Math.max(Math.hypot(...features), 1e-6);
      this.#exemplars.set(
        features.map((value) => value / length),
        (at * perClass + place) * features.length,
      );
    }
  }

  /** As it would serve: a copy. */
  get exemplars(): Exemplars {
    return { exemplars: this.#exemplars.slice(), exemplified: this.#exemplified.slice() };
  }

  /** Goes back to what serves. */
  reset(from: Exemplars): void {
    this.#exemplars = from.exemplars.slice();
    this.#exemplified = from.exemplified.slice();
    this.#seen = countOf(from);
  }

  snapshot(): ExemplarState {
    return { ...this.exemplars, seen: this.#seen.slice() };
  }

  restore({ exemplars, exemplified, seen }: ExemplarState): void {
    this.#exemplars = exemplars.slice();
    this.#exemplified = exemplified.slice();
    this.#seen = seen.slice();
  }

  /** Where the newest of so many goes; past the end where it is not kept. */
  #placeOf(seen: number): number {
    const { perClass } = EXEMPLARS;
    if (seen <= perClass) return seen - 1;
    return this.#keepsOld ? this.#rng.int(0, seen) : (seen - 1) % perClass;
  }
}

/** [S + 1, classes] how many exemplars there are. */
function countOf({ exemplars, exemplified }: Exemplars): Int32Array {
  const { perClass } = EXEMPLARS;
  const width = exemplars.length / (exemplified.length * perClass);
  return Int32Array.from(exemplified, (_, at) => {
    let count = 0;
    for (let place = 0; place < perClass; place++) {
      const from = (at * perClass + place) * width;
      if (exemplars.subarray(from, from + width).some((value) => value !== 0)) count++;
    }
    return count;
  });
}
