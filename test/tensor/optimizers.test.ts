import { describe, expect, it } from "vitest";

import { ConfigError } from "../../src/errors.ts";
import { compile } from "../../src/tensor/compile.ts";
import { defineProgram } from "../../src/tensor/defineProgram.ts";
import { type HostTensor, hostTensor, specsOf } from "../../src/tensor/HostTensor.ts";
import { adam, adamW } from "../../src/tensor/optimizers/adamW.ts";
import { clipByGlobalNorm } from "../../src/tensor/optimizers/clipByGlobalNorm.ts";
import { lars } from "../../src/tensor/optimizers/lars.ts";
import type { Optimizer } from "../../src/tensor/optimizers/Optimizer.ts";
import { sgd } from "../../src/tensor/optimizers/sgd.ts";
import { warmupCosine } from "../../src/tensor/optimizers/warmupCosine.ts";
import { float32 } from "../../src/tensor/TensorSpec.ts";
import { TrainingSession } from "../../src/tensor/TrainingSession.ts";
import type { Scalar, Tensor } from "../../src/tensor/tf.ts";

const start = {
  w: [
    [1, -2],
    [0.5, 3],
  ],
  b: [0.25, -0.5],
} as const;
const gradients = [
  {
    w: [
      [0.1, -0.2],
      [0.3, 0.4],
    ],
    b: [1, -1],
  },
  {
    w: [
      [-0.5, 0.1],
      [0.2, -0.1],
    ],
    b: [0.5, 0.2],
  },
  {
    w: [
      [0.3, 0.3],
      [-0.4, 0.2],
    ],
    b: [-0.1, 0.7],
  },
] as const;
const LEARNING_RATE = 0.1;

function toHost(tree: { w: readonly (readonly number[])[]; b: readonly number[] }) {
  return {
    w: hostTensor(Float32Array.from(tree.w.flat()), [2, 2]),
    b: hostTensor(Float32Array.from(tree.b), [2]),
  };
}

/** Three steps with given gradients on the compiled device. */
async function run(optimizer: Optimizer<string>): Promise<{ w: number[]; b: number[] }> {
  const params = toHost(start);
  const specs = specsOf(params);
  const program = defineProgram({
    name: "optimizer",
    inputs: {
      state: { params: specs, optimizer: optimizer.stateSpecs(specs) },
      gradients: specs,
      learningRate: float32([]),
    },
    body: ({ state, gradients: given, learningRate }) => {
      const next = optimizer.update(state.params, given, state.optimizer as never, {
        learningRate: learningRate as Scalar,
      });
      return {
        state: { params: next.params, optimizer: next.state },
        done: learningRate as Tensor,
      };
    },
  });
  await using session = await TrainingSession.open(program as never, {
    state: { params, optimizer: optimizer.init(params) } as never,
  });
  for (const gradient of gradients)
    await session.step({ gradients: toHost(gradient), learningRate: LEARNING_RATE } as never);
  const state = (await session.readState()) as unknown as {
    params: { w: HostTensor; b: HostTensor };
  };
  return { w: [...state.params.w.data], b: [...state.params.b.data] };
}

/** The same three steps by the textbook rule of one number. */
function byHand(rule: () => (p: number, g: number) => number): { w: number[]; b: number[] } {
  const follow = (p0: number, gs: readonly number[]): number => {
    const step = rule();
    return gs.reduce((p, g) => step(p, g), p0);
  };
  return {
    w: start.w.flat().map((p, i) =>
      follow(
        p,
        gradients.map(({ w }) => w.flat()[i] ?? 0),
      ),
    ),
    b: start.b.map((p, i) =>
      follow(
        p,
        gradients.map(({ b }) => b[i] ?? 0),
      ),
    ),
  };
}

function expectClose(
  actual: { w: number[]; b: number[] },
  expected: { w: number[]; b: number[] },
): void {
  for (const key of ["w", "b"] as const)
    for (const [i, value] of expected[key].entries()) expect(actual[key][i]).toBeCloseTo(value, 5);
}

const adamRule =
  (weightDecay: number, epsilon = 1e-8) =>
  () => {
    let [m, v, t] = [0, 0, 0];
    return (p: number, g: number): number => {
      t += 1;
      m = 0.9 * m + 0.1 * g;
      v = 0.999 * v + 0.001 * g * g;
      const direction = m / (1 - 0.9 ** t) / (Math.sqrt(v / (1 - 0.999 ** t)) + epsilon);
      return p - LEARNING_RATE * (direction + weightDecay * p);
    };
  };

describe("optimisers", () => {
  it("adam follows its algorithm, bias corrections included", async () => {
    expectClose(await run(adam()), byHand(adamRule(0)));
  });

  it("adam adds epsilon to the corrected root, not to the raw one", async () => {
    expectClose(await run(adam({ epsilon: 0.3 })), byHand(adamRule(0, 0.3)));
  });

  it("adamW decays weights apart from the gradient", async () => {
    expectClose(await run(adamW({ weightDecay: 0.2 })), byHand(adamRule(0.2)));
  });

  it("adamW leaves parameters out of the decay that its predicate leaves out", async () => {
    const actual = await run(adamW({ weightDecay: 0.2, decays: (path) => path === "w" }));
    expectClose(actual, { w: byHand(adamRule(0.2)).w, b: byHand(adamRule(0)).b });
  });

  it("sgd gathers momentum and decays through the gradient", async () => {
    const expected = byHand(() => {
      let u = 0;
      return (p, g) => {
        u = 0.8 * u + g + 0.05 * p;
        return p - LEARNING_RATE * u;
      };
    });
    expectClose(await run(sgd({ momentum: 0.8, weightDecay: 0.05 })), expected);
  });

  it("lars scales matrices by their norms and leaves vectors alone", async () => {
    const norm = (values: readonly number[]): number => Math.hypot(...values);
    let w: number[] = start.w.flat();
    let b: number[] = [...start.b];
    let uw = w.map(() => 0);
    let ub = b.map(() => 0);
    for (const g of gradients) {
      const decayed = g.w.flat().map((gi, i) => gi + 0.01 * (w[i] ?? 0));
      const ratio = (0.02 * norm(w)) / norm(decayed);
      uw = uw.map((u, i) => 0.9 * u + ratio * (decayed[i] ?? 0));
      ub = ub.map((u, i) => 0.9 * u + (g.b[i] ?? 0));
      w = w.map((p, i) => p - LEARNING_RATE * (uw[i] ?? 0));
      b = b.map((p, i) => p - LEARNING_RATE * (ub[i] ?? 0));
    }
    expectClose(await run(lars({ momentum: 0.9, weightDecay: 0.01, trust: 0.02 })), { w, b });
  });

  it("clips gradients together by their global norm, and only when it is too large", async () => {
    const program = defineProgram({
      name: "clip",
      inputs: { a: float32([2]), b: float32([1]) },
      body: ({ a, b }) => {
        const small = clipByGlobalNorm({ a, b }, 100);
        const large = clipByGlobalNorm({ a, b }, 0.5);
        return { small: small.gradients, large: large.gradients, norm: large.norm };
      },
    });
    await using compiled = await compile(program);
    const { small, large, norm } = await compiled.run({
      a: Float32Array.of(2, 3),
      b: Float32Array.of(6),
    });
    expect(norm[0]).toBeCloseTo(7, 5);
    expect([...small.a, ...small.b]).toEqual([2, 3, 6]);
    expect(Math.hypot(...large.a, ...large.b)).toBeCloseTo(0.5, 5);
    expect((large.a[1] ?? 0) / (large.a[0] ?? 1)).toBeCloseTo(1.5, 5);
  });

  it("refuses options out of their range", () => {
    expect(() => adamW({ beta1: 1 })).toThrow("beta1 must be in [0, 1), got 1");
    expect(() => adamW({ epsilon: 0 })).toThrow(ConfigError);
    expect(() => sgd({ momentum: -0.1 })).toThrow(ConfigError);
    expect(() => lars({ trust: 0 })).toThrow(ConfigError);
  });
});

describe("warmupCosine", () => {
  it("rises in a line, falls along half a cosine, and stays at the floor", () => {
    const rate = warmupCosine({ peak: 1, floor: 0.1, warmupSteps: 4, totalSteps: 14 });
    expect([0, 1, 3, 4].map(rate)).toEqual([0.25, 0.5, 1, 1]);
    expect(rate(9)).toBeCloseTo(0.55, 10);
    expect(rate(14)).toBeCloseTo(0.1, 10);
    expect(rate(1_000)).toBeCloseTo(0.1, 10);
  });

  it("refuses a warm-up that does not end", () => {
    expect(() => warmupCosine({ peak: 1, warmupSteps: 5, totalSteps: 5 })).toThrow(ConfigError);
  });
});
