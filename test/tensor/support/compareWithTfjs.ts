import { compile } from "../../../src/tensor/compile.ts";
import { defineProgram } from "../../../src/tensor/defineProgram.ts";
import type { Device } from "../../../src/tensor/device/Device.ts";
import { type HostTensor, hostTensor, type TensorData } from "../../../src/tensor/HostTensor.ts";
import type { Rng } from "../../../src/tensor/Rng.ts";
import type { SpecTree, TensorTree } from "../../../src/tensor/TensorSpec.ts";
import { sizeOfShape } from "../../../src/tensor/TensorSpec.ts";
import { type Tensor, tf } from "../../../src/tensor/tf.ts";
import { traceProgram } from "../../../src/tensor/trace/traceProgram.ts";
import type { KernelDraw } from "./KernelCase.ts";

/** How far the compiled results of some draws are from tfjs's CPU backend. */
export interface Comparison {
  /**
   * Largest |a − b| over the largest |b| of the draw, value and gradients together: a gradient that
   * nearly cancels has the rounding of the numbers it is made of.
   */
  readonly error: number;
  /** Where the largest error was, for the message. */
  readonly worst: string;
  /** Kernels that the compiled program went through. */
  readonly kernels: ReadonlySet<string>;
}

/** Runs draws on a device and eagerly in tfjs, values and gradients, all in one program. */
export async function compareWithTfjs(
  name: string,
  draws: readonly KernelDraw[],
  rng: Rng,
  {
    device = "cpu",
    gradients = true,
  }: { readonly device?: Device; readonly gradients?: boolean } = {},
): Promise<Comparison> {
  const inputs: Record<string, SpecTree> = {};
  const feeds: Record<string, Record<string, HostTensor>> = {};
  const weights = outputWeights(draws, rng);
  draws.forEach(({ operands }, i) => {
    const [seeds, values] = [weights[i] ?? [], operands];
    const named = (prefix: string, list: readonly HostTensor[]): [string, HostTensor][] =>
      list.map((tensor, j) => [`${prefix}${j}`, tensor]);
    const leaves = [...named("x", values), ...named("dy", seeds)];
    inputs[`draw${i}`] = Object.fromEntries(
      leaves.map(([key, { shape, dtype }]) => [key, { shape, dtype }]),
    );
    feeds[`draw${i}`] = Object.fromEntries(leaves);
  });
  const program = defineProgram({
    name,
    inputs,
    body: (tensors) => {
      const outputs: Record<string, TensorTree> = {};
      draws.forEach((draw, i) => {
        const given = tensors[`draw${i}`] as Record<string, Tensor>;
        outputs[`draw${i}`] = applyDraw(draw, given, weights[i] ?? [], gradients);
      });
      return outputs;
    },
  });
  const results: Map<string, TensorData>[] = [];
  for (const target of [device, "tfjs"] as const) {
    await using compiled = await compile(program, { device: target });
    const tree = (await compiled.run(feeds as never)) as Record<string, Record<string, TensorData>>;
    const flat = new Map<string, TensorData>();
    for (const [draw, leaves] of Object.entries(tree))
      for (const [leaf, data] of Object.entries(leaves)) flat.set(`${draw}.${leaf}`, data);
    results.push(flat);
  }
  const [actual = new Map(), expected = new Map<string, TensorData>()] = results;
  let error = 0;
  let worst = "";
  for (const [key, reference] of expected) {
    const [draw = ""] = key.split(".");
    const found = relativeError(
      actual.get(key) ?? new Float32Array(0),
      reference,
      scaleOf(expected, draw),
    );
    if (!(found <= error)) {
      error = found;
      const shapes = draws[Number(draw?.slice(4))]?.operands
        .map(({ shape }) => `[${shape}]`)
        .join(" ");
      worst = `${key} of ${shapes}: got ${[...(actual.get(key) ?? [])].slice(0, 8)}, expected ${[...reference].slice(0, 8)}`;
    }
  }
  return { error, worst, kernels: traceProgram(program).kernels };
}

/** Largest difference over `scale`; infinities, NaN and the kind of array must agree exactly. */
export function relativeError(actual: TensorData, expected: TensorData, scale: number): number {
  if (actual.length !== expected.length || actual.constructor !== expected.constructor)
    return Infinity;
  let difference = 0;
  for (const [i, b] of expected.entries()) {
    const a = actual[i] ?? Number.NaN;
    if (Object.is(a, b) || a === b) continue;
    if (!Number.isFinite(a) || !Number.isFinite(b)) return Infinity;
    difference = Math.max(difference, Math.abs(a - b));
  }
  return difference === 0 ? 0 : difference / scale;
}

/** Largest finite magnitude among a draw's results. */
function scaleOf(results: ReadonlyMap<string, TensorData>, draw: string): number {
  let scale = 0;
  for (const [key, data] of results)
    if (key.startsWith(`${draw}.`))
      for (const value of data)
        if (Number.isFinite(value)) scale = Math.max(scale, Math.abs(value));
  return Math.max(scale, SMALLEST_SCALE);
}

/** Below this a draw's results are compared absolutely. */
const SMALLEST_SCALE = 1e-3;

function applyDraw(
  { operands, apply, differentiable }: KernelDraw,
  given: Record<string, Tensor>,
  weights: readonly HostTensor[],
  gradients: boolean,
): Record<string, Tensor> {
  const xs = operands.map((_, i) => given[`x${i}`]).filter((x) => x !== undefined);
  const outputs: Record<string, Tensor> = {};
  asList(apply(...xs)).forEach((y, i) => {
    outputs[`y${i}`] = y;
  });
  const wanted =
    differentiable ?? operands.flatMap(({ dtype }, i) => (dtype === "float32" ? [i] : []));
  if (!gradients || wanted.length === 0) return outputs;
  const loss = (...free: Tensor[]): Tensor => {
    const all = xs.map((x, i) => free[wanted.indexOf(i)] ?? x);
    const parts = asList(apply(...all)).flatMap((y, i) =>
      y.dtype === "float32" && weights[i] !== undefined
        ? [tf.sum(tf.mul(y, given[`dy${i}`] as Tensor))]
        : [],
    );
    return tf.addN(parts);
  };
  const grads = tf.grads(loss)(wanted.map((i) => xs[i] as Tensor));
  grads.forEach((gradient, i) => {
    outputs[`g${wanted[i]}`] = gradient;
  });
  return outputs;
}

function outputWeights(draws: readonly KernelDraw[], rng: Rng): HostTensor[][] {
  return draws.map(
    ({ operands, apply }) =>
      tf.tidy(() => {
        const xs = operands.map(({ data, shape, dtype }) =>
          tf.tensor(data.slice(), [...shape], dtype),
        );
        return asList(apply(...xs)).map(({ shape }) =>
          hostTensor(rng.uniformArray(sizeOfShape(shape), -1, 1), [...shape]),
        ) as never;
      }) as unknown as HostTensor[],
  );
}

function asList(result: Tensor | Tensor[]): Tensor[] {
  return Array.isArray(result) ? result : [result];
}
