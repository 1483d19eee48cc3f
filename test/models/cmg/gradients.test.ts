import { describe, expect, it, vi } from "vitest";

import type { CmgConfig } from "../../../src/models/cmg/config.ts";
import { cmgEncode, cmgLoss, cmgQuantize } from "../../../src/models/cmg/loss.ts";
import { type CmgParams, initClubParams, initCmgParams } from "../../../src/models/cmg/network.ts";
import { compile } from "../../../src/tensor/compile.ts";
import { defineProgram } from "../../../src/tensor/defineProgram.ts";
import { valueAndGradients } from "../../../src/tensor/gradients.ts";
import {
  type HostTensor,
  type HostTree,
  hostTensor,
  specsOf,
} from "../../../src/tensor/HostTensor.ts";
import { Rng } from "../../../src/tensor/Rng.ts";
import { float32, int32, type SpecTree, type TensorTree } from "../../../src/tensor/TensorSpec.ts";
import { type Tensor, tf } from "../../../src/tensor/tf.ts";
import { flattenTree } from "../../../src/tensor/tree.ts";
import {
  bothDirections,
  type Clips,
  distance,
  dot,
  linearRow,
  logSumExp,
  lstmClip,
  type Matrix,
  meanSquare,
  normalizeRow,
  relu,
} from "./support/oracle.ts";

// Each compiles programs: seconds on a free machine, much longer beside other work.
vi.setConfig({ testTimeout: 120_000 });

const [B, T, D, L, S, H] = [3, 4, 3, 5, 2, 2];
const SIZES = { a: 3, b: 2 } as const;
const NAMES = ["a", "b"] as const;

const CONFIG: CmgConfig = {
  modalities: NAMES.map((name) => ({
    name,
    input: { kind: "vector", size: SIZES[name] },
    encoder: { kind: "frames", hidden: 4 },
    specific: S,
  })),
  batch: B,
  frames: T,
  codebook: {
    size: L,
    dim: D,
    decay: 0.99,
    form: "simultaneous",
    epsilon: 0,
    minCount: 1e-3,
    init: "data",
    partner: { kind: "same-index" },
    updatesPerBatch: 1,
  },
  commitment: { own: 0.5, cross: 0.25 },
  cpc: {
    layers: 1,
    hidden: H,
    steps: 1,
    firstStart: 1,
    starts: "one",
    crossWeight: 1,
    selfWeight: 0.1,
    direction: "both",
    queue: 0,
    guard: false,
  },
  club: {
    weight: 0.3,
    warmup: 0,
    innerSteps: 1,
    rate: 1e-3,
    hidden: 3,
    logVariance: [-8, 4],
    normalize: false,
    timeForm: "paper",
  },
  cmcm: { weight: 0.5, pairForm: "symmetric" },
  contrast: { weight: 1, temperature: 1 },
  train: { rate: 1e-3 },
};

const rng = Rng.fromSeed(17);
const params = initCmgParams(CONFIG, () => rng.uniform()) as unknown as HostTree;
const nets = initClubParams(CONFIG, () => rng.uniform()) as unknown as HostTree;
const codes = hostTensor(rng.normalArray(L * D), [L, D]);
const x = {
  a: hostTensor(rng.normalArray(B * T * SIZES.a), [B, T, SIZES.a]),
  b: hostTensor(rng.normalArray(B * T * SIZES.b), [B, T, SIZES.b]),
};
const PERMUTATION = Int32Array.of(2, 0, 1);
const STARTS = Float32Array.of(0, 1); // the context ends at frame 2

/** Weights by path in float64, as the oracle reads them. */
type Weights = ReadonlyMap<
  string,
  { readonly shape: readonly number[]; readonly data: Float64Array }
>;

function weightsOf(tree: HostTree): Weights {
  return new Map(
    flattenTree(tree, (node): node is HostTensor =>
      ArrayBuffer.isView((node as HostTensor).data),
    ).map(([path, { shape, data }]) => [
      path,
      { shape, data: Float64Array.from(data as Float32Array) },
    ]),
  );
}

function matrix(weights: Weights, path: string): Matrix {
  const { shape, data } = weights.get(path) ?? { shape: [0, 0], data: new Float64Array(0) };
  const [rows = 0, columns = 0] = shape;
  return Array.from({ length: rows }, (_, i) => [...data.subarray(i * columns, (i + 1) * columns)]);
}
const row = (weights: Weights, path: string): number[] => [...(weights.get(path)?.data ?? [])];
const layer = (weights: Weights, path: string) => ({
  weight: matrix(weights, `${path}/weight`),
  bias: row(weights, `${path}/bias`),
});

function clips(name: "a" | "b"): Clips {
  const size = SIZES[name];
  const { data } = x[name];
  return Array.from({ length: B }, (_, b) =>
    Array.from({ length: T }, (_, t) => [
      ...data.subarray((b * T + t) * size, (b * T + t + 1) * size),
    ]),
  );
}

const CODES = matrix(
  new Map([["codes", { shape: [L, D], data: Float64Array.from(codes.data) }]]),
  "codes",
);
const NETS = weightsOf(nets);

/** Straight-through in the oracle: what z was at the weights under test, to which ẑ is tied. */
interface Frozen {
  readonly z: readonly Clips[];
  readonly index: readonly (readonly number[][])[];
}

function semantic(weights: Weights, name: "a" | "b"): number[][][] {
  const path = `encoders/${name}/semantic`;
  const [first, second] = [layer(weights, `${path}/first`), layer(weights, `${path}/second`)];
  const [gain, offset] = [row(weights, `${path}/norm/gain`), row(weights, `${path}/norm/offset`)];
  return clips(name).map((clip) =>
    clip.map((frame) =>
      normalizeRow(linearRow(second, relu(linearRow(first, frame)))).map(
        (value, d) => value * (gain[d] ?? 0) + (offset[d] ?? 0),
      ),
    ),
  );
}

function freeze(weights: Weights): Frozen {
  const z = NAMES.map((name) => semantic(weights, name));
  const index = z.map((modality) =>
    modality.map((clip) =>
      clip.map((frame) => {
        const far = CODES.map((code) => distance(frame, code));
        return far.indexOf(Math.min(...far));
      }),
    ),
  );
  return { z, index };
}

/** The whole loss; ẑ = z − z₀ + e moves with z one to one, which is what straight-through means. */
function oracle(weights: Weights, frozen: Frozen): number {
  const z = NAMES.map((name) => semantic(weights, name));
  const code = (m: number, b: number, t: number): readonly number[] =>
    CODES[frozen.index[m]?.[b]?.[t] ?? -1] ?? [];
  const frame = (m: number, b: number, t: number): readonly number[] => z[m]?.[b]?.[t] ?? [];
  const quantized = (m: number, b: number, t: number): number[] =>
    frame(m, b, t).map(
      (value, d) => value - (frozen.z[m]?.[b]?.[t]?.[d] ?? 0) + (code(m, b, t)[d] ?? 0),
    );
  const mean = (f: (b: number, t: number) => number): number => {
    let sum = 0;
    for (let b = 0; b < B; b++) for (let t = 0; t < T; t++) sum += f(b, t);
    return sum / (B * T);
  };
  let loss = 0;
  for (const [m, name] of NAMES.entries()) {
    const input = clips(name);
    const specific = (b: number, t: number): number[] =>
      relu(linearRow(layer(weights, `encoders/${name}/specific`), input[b]?.[t] ?? []));
    loss += mean((b, t) => {
      const u = linearRow(layer(weights, `decoders/${name}/code`), quantized(m, b, t));
      const out = linearRow(layer(weights, `decoders/${name}/out`), [...u, ...specific(b, t)]);
      return meanSquare(out, input[b]?.[t] ?? []);
    });
    loss += mean(
      (b, t) =>
        0.5 * meanSquare(frame(m, b, t), code(m, b, t)) +
        0.25 * meanSquare(frame(m, b, t), code(1 - m, b, t)),
    );
    const deep = (head: string, input: readonly number[]): number[] => {
      let rows = [...input];
      for (let at = 0; at < 4; at++)
        rows = linearRow(layer(NETS, `${name}/${head}/${at}`), at === 0 ? rows : relu(rows));
      return rows;
    };
    loss +=
      0.3 *
      mean((b, t) => {
        const q = quantized(m, b, t);
        const [mu, lv] = [deep("mean", q), deep("logVariance", q)];
        const [own, other] = [specific(b, t), specific(PERMUTATION[b] ?? 0, t)];
        return mu.reduce(
          (sum, value, d) =>
            sum +
            0.5 *
              ((value - (other[d] ?? 0)) ** 2 - (value - (own[d] ?? 0)) ** 2) *
              Math.exp(-Math.min(4, Math.max(-8, lv[d] ?? 0))),
          0,
        );
      });
  }
  const predictions = NAMES.map((name, m) =>
    (z[m] ?? []).map((clip) => {
      const path = `cpc/${name}/layers/0`;
      const context = lstmClip(
        {
          input: matrix(weights, `${path}/input`),
          recurrent: matrix(weights, `${path}/recurrent`),
          bias: row(weights, `${path}/bias`),
        },
        clip,
      )[2];
      return linearRow(layer(weights, `cpc/${name}/predict/1`), context ?? []);
    }),
  );
  for (const from of [0, 1])
    for (const to of [0, 1]) {
      const scores = Array.from({ length: B }, (_, i) =>
        Array.from({ length: B }, (_, j) => dot(frame(to, i, 3), predictions[from]?.[j] ?? [])),
      );
      loss += (from === to ? 0.1 : 1) * bothDirections(scores);
    }
  const histogram = (m: number): number[][] =>
    Array.from({ length: B }, (_, b) => {
      const p = new Array(L).fill(0);
      for (let t = 0; t < T; t++) {
        const logits = CODES.map((each) => -distance(frame(m, b, t), each));
        const norm = logSumExp(logits);
        for (const [k, logit] of logits.entries()) p[k] += Math.exp(logit - norm) / T;
      }
      return p;
    });
  const [pa, pb] = [histogram(0), histogram(1)];
  const cross = (p: readonly number[], q: readonly number[]): number =>
    p.reduce((sum, value, k) => sum + value * Math.log((q[k] ?? 0) + 1e-10), 0);
  for (let i = 0; i < B; i++) {
    const S = pb.map((q) => cross(pa[i] ?? [], q) + cross(q, pa[i] ?? []));
    loss += (0.5 * (logSumExp(S) - (S[i] ?? 0))) / B;
  }
  for (let t = 0; t < T; t++) {
    const scores = Array.from({ length: B }, (_, i) =>
      Array.from({ length: B }, (_, j) => dot(frame(1, i, t), frame(0, j, t)) / Math.sqrt(D)),
    );
    loss += bothDirections(scores) / T;
  }
  return loss;
}

async function compiled() {
  const program = defineProgram({
    name: "cmg-gradients",
    inputs: {
      params: specsOf(params) as SpecTree,
      nets: specsOf(nets) as SpecTree,
      codes: float32([L, D]),
      x: { a: float32([B, T, SIZES.a]), b: float32([B, T, SIZES.b]) },
      permutation: int32([B]),
      starts: float32([2]),
    },
    body: (feeds) => {
      const { value, gradients } = valueAndGradients(feeds.params as unknown as TensorTree, (p) => {
        const weights = p as unknown as CmgParams<Tensor>;
        const forward = cmgQuantize(cmgEncode(weights, feeds.x, CONFIG), feeds.codes);
        return cmgLoss(
          weights,
          forward,
          {
            codes: feeds.codes,
            noise: { permutation: feeds.permutation, starts: feeds.starts },
            club: { nets: feeds.nets as never, weight: tf.scalar(0.3) },
          },
          CONFIG,
        ).loss;
      });
      return { value, gradients };
    },
  });
  await using run = await compile(program);
  const feeds = { params, nets, codes, x, permutation: PERMUTATION, starts: STARTS };
  const result = (await run.run(feeds as never)) as unknown as {
    value: Float32Array;
    gradients: HostTree;
  };
  return {
    value: result.value[0] ?? Number.NaN,
    gradients: new Map(
      flattenTree(
        result.gradients as never,
        (node): node is Float32Array => node instanceof Float32Array,
      ),
    ),
  };
}

describe("CMG's loss against an oracle in float64", () => {
  it("has the oracle's value, and the gradient of its central differences for every weight", async () => {
    const { value, gradients } = await compiled();
    const weights = weightsOf(params);
    const frozen = freeze(weights);
    expect(value).toBeCloseTo(oracle(weights, frozen), 4);

    const h = 1e-5;
    let [largest, compared] = [0, 0];
    for (const [path, { data }] of weights) {
      const gradient = gradients.get(path);
      expect(gradient?.length, path).toBe(data.length);
      for (let i = 0; i < data.length; i++) {
        const held = data[i] ?? 0;
        data[i] = held + h;
        const above = oracle(weights, frozen);
        data[i] = held - h;
        const below = oracle(weights, frozen);
        data[i] = held;
        const slope = (above - below) / (2 * h);
        const got = gradient?.[i] ?? Number.NaN;
        largest = Math.max(largest, Math.abs(slope));
        compared++;
        expect(Math.abs(got - slope), `${path}[${i}]: ${got} against ${slope}`).toBeLessThan(
          2e-4 + 2e-4 * Math.abs(slope),
        );
      }
    }
    expect(compared).toBeGreaterThan(150);
    expect(largest).toBeGreaterThan(0.1);
  });
});
