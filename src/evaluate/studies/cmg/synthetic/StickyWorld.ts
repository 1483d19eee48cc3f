import { Rng } from "../../../../tensor/Rng.ts";
import type { PairedClips } from "../PairedClips.ts";

/** Clips of two modalities with the class of every frame of each. */
export interface LabelledClips extends PairedClips {
  readonly classes: Readonly<Record<"a" | "b", Int32Array>>;
}

/** What the two modalities are like. */
const MODALITIES = {
  a: { size: 20, nuisance: 6 },
  b: { size: 30, nuisance: 8 },
} as const;

/** Size of the nuisance's directions, and of the noise of every number. */
const NUISANCE = 0.8;
const NOISE = 0.3;

/** Numbers of the process. */
export const STICKY = { classes: 8, frames: 10, stay: 0.7, mismatch: 0.15 } as const;

/** How sticky the classes are, and how often the second sensor looks elsewhere. */
export interface StickyProcess {
  readonly stay: number;
  readonly mismatch: number;
}

/**
 * A world of eight classes that two sensors see, each in its own way.
 *
 * A class stays with probability 0.7, else is drawn anew. Each sensor gives a template of the class, plus
 * a nuisance that is fixed within a clip and private to the sensor, plus noise; in 15 % of frames the
 * second sensor looks elsewhere. Templates and directions are fixed by the world's seed; clips are
 * drawn.
 *
 * The recipe of methods/cmg.md, 14.3: what codes must keep is the class, and no vector shows it alone.
 */
export class StickyWorld {
  readonly #templates: Record<"a" | "b", Float32Array>;
  readonly #directions: Record<"a" | "b", Float32Array>;

  readonly #process: StickyProcess;

  constructor(seed: number, process: StickyProcess = STICKY) {
    this.#process = process;
    const rng = Rng.fromSeed(seed).fork("world");
    const matrices = (rows: (name: "a" | "b") => number, scale: number) => ({
      a: rng.normalArray(rows("a") * MODALITIES.a.size, 0, scale),
      b: rng.normalArray(rows("b") * MODALITIES.b.size, 0, scale),
    });
    this.#templates = matrices(() => STICKY.classes, 1);
    this.#directions = matrices((name) => MODALITIES[name].nuisance, NUISANCE);
  }

  /** Fresh clips. */
  draw(count: number, rng: Rng): LabelledClips {
    const { classes, frames } = STICKY;
    const { stay, mismatch } = this.#process;
    const a = new Int32Array(count * frames);
    for (let i = 0; i < a.length; i++) {
      const held = i % frames !== 0 && rng.uniform() < stay;
      a[i] = held ? (a[i - 1] ?? 0) : rng.int(0, classes);
    }
    const b = a.map((value) => (rng.uniform() < mismatch ? rng.int(0, classes) : value));
    return {
      count,
      frames,
      classes: { a, b },
      modalities: {
        a: { size: MODALITIES.a.size, data: this.#sense("a", a, rng) },
        b: { size: MODALITIES.b.size, data: this.#sense("b", b, rng) },
      },
    };
  }

  #sense(name: "a" | "b", classes: Int32Array, rng: Rng): Float32Array {
    const { size, nuisance } = MODALITIES[name];
    const [templates, directions] = [this.#templates[name], this.#directions[name]];
    const x = rng.normalArray(classes.length * size, 0, NOISE);
    let offset = new Float32Array(size);
    for (const [frame, value] of classes.entries()) {
      if (frame % STICKY.frames === 0) {
        const u = rng.normalArray(nuisance);
        offset = Float32Array.from({ length: size }, (_, d) =>
          u.reduce((sum, weight, n) => sum + weight * (directions[n * size + d] ?? 0), 0),
        );
      }
      for (let d = 0; d < size; d++)
        x[frame * size + d] =
          (x[frame * size + d] ?? 0) + (templates[value * size + d] ?? 0) + (offset[d] ?? 0);
    }
    return x;
  }
}
