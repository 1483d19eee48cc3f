import { entropyFusion } from "../../../models/mla/entropyFusion.ts";
import { compile } from "../../../tensor/compile.ts";
import { defineProgram } from "../../../tensor/defineProgram.ts";
import { asFloat32 } from "../../../tensor/HostTensor.ts";
import { float32 } from "../../../tensor/TensorSpec.ts";
import { type Answers, accuracyOf } from "./Answers.ts";

/**
 * A sharper rule than the published one, told beside it: λ ∝ exp(−8 H), H the entropy as a share of
 * its largest, ln C. It lets a modality that is in doubt say less.
 */
export function sharpOf(classes: number): number {
  return 8 / Math.log(classes);
}

/** How answers become one. */
export interface FusionRule {
  /** 1: entropy weights as published; 0: the plain sum. */
  readonly sharpness: number;
  /** By modality; 1 where not named. */
  readonly temperatures?: Readonly<Record<string, number>>;
}

/** Which of the modalities may speak. */
export interface FuseOptions extends FusionRule {
  /** By name; all unless given. */
  readonly modalities?: readonly string[];
  /** [N, M] 1 where a modality of the answers is there, M in their order; all unless given. */
  readonly present?: ArrayLike<number>;
}

/**
 * Accuracy of the fused answers under each of some rules.
 *
 * @returns In the order of the rules.
 */
export async function fusedAccuracies(
  { labels, classes, logits }: Answers,
  rules: readonly FuseOptions[],
): Promise<number[]> {
  const names = Object.keys(logits);
  const [M, N] = [names.length, labels.length];
  const stacked = new Float32Array(M * N * classes);
  names.forEach((name, m) => {
    stacked.set(logits[name] ?? [], m * N * classes);
  });
  const out: number[] = [];
  for (const sharpness of new Set(rules.map((rule) => rule.sharpness))) {
    const program = defineProgram({
      name: `fuse-mla/${sharpness}`,
      inputs: {
        logits: float32([M, N, classes]),
        present: float32([M, N]),
        temperatures: float32([M]),
      },
      body: ({ logits: y, present, temperatures }) => ({
        fused: entropyFusion(y, { present, temperatures, sharpness }).logits,
      }),
    });
    await using compiled = await compile(program);
    for (const [i, rule] of rules.entries()) {
      if (rule.sharpness !== sharpness) continue;
      const { modalities = names, temperatures = {}, present } = rule;
      const there = Float32Array.from({ length: M * N }, (_, at) => {
        const [m, row] = [Math.floor(at / N), at % N];
        const isAsked = modalities.includes(names[m] ?? "");
        return isAsked && (present?.[row * M + m] ?? 1) > 0 ? 1 : 0;
      });
      const { fused } = await compiled.run({
        logits: stacked,
        present: there,
        temperatures: Float32Array.from(names, (name) => temperatures[name] ?? 1),
      });
      out[i] = accuracyOf(asFloat32("fusedAccuracies", fused), labels);
    }
  }
  return out;
}

/** Every non-empty subset of some names, in their order, small ones first. */
export function subsetsOf(names: readonly string[]): readonly (readonly string[])[] {
  return Array.from({ length: 2 ** names.length - 1 }, (_, bits) =>
    names.filter((_name, i) => ((bits + 1) >> i) & 1),
  ).sort((a, b) => a.length - b.length);
}
