import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";

import { ConfigError } from "../../../src/errors.ts";
import type { DeformableOptions } from "../../../src/models/decur/deformable/DeformableOptions.ts";
import { deformableAttention1d } from "../../../src/models/decur/deformable/deformableAttention1d.ts";
import { deformableAttention2d } from "../../../src/models/decur/deformable/deformableAttention2d.ts";
import {
  type DeformableParams,
  initDeformable,
} from "../../../src/models/decur/deformable/params.ts";
import { referencePoints } from "../../../src/models/decur/deformable/referenceGrid.ts";
import { tentWeights } from "../../../src/models/decur/deformable/tentWeights.ts";
import { compile } from "../../../src/tensor/compile.ts";
import { defineProgram } from "../../../src/tensor/defineProgram.ts";
import { valueAndGradients } from "../../../src/tensor/gradients.ts";
import {
  type HostTensor,
  type HostTree,
  isHostTensor,
  specsOf,
} from "../../../src/tensor/HostTensor.ts";
import { Rng } from "../../../src/tensor/Rng.ts";
import { sizeOfShape } from "../../../src/tensor/TensorSpec.ts";
import { type Scalar, type Tensor, tf } from "../../../src/tensor/tf.ts";
import { onTensors } from "../../support/onTensors.ts";

beforeAll(async () => {
  await tf.setBackend("cpu");
});

type Host = HostTensor<"float32">;
const largest = (x: Tensor): number => tf.max(tf.abs(x)).dataSync()[0] ?? Number.NaN;

/** Draws offsets and displacement biases large enough that every part of the module shows. */
function livelyParams(
  seed: number,
  channels: number,
  cells: readonly number[],
  options: DeformableOptions,
): DeformableParams<Host> {
  const rng = Rng.fromSeed(seed);
  const params = initDeformable(rng, channels, cells, options);
  for (const tensor of [params.displacement, params.offset.direction, params.offset.bias])
    tensor.data.set(rng.normalArray(tensor.data.length, 0, 0.4));
  return params;
}

const SMALL: DeformableOptions = { heads: 4, groups: 2, kernel: 3, stride: 2 };

describe("tentWeights", () => {
  it("reads a line as linear interpolation does, and nothing far outside", () => {
    fc.assert(
      fc.property(fc.double({ min: -0.999, max: 6.999, noNaN: true }), (place) => {
        const line = [3, -1, 4, 1, -5, 9, 2];
        const [low, part] = [Math.floor(place), place - Math.floor(place)];
        const expected = (1 - part) * (line[low] ?? 0) + part * (line[low + 1] ?? 0);
        const weights = [...tentWeights(tf.tensor1d([place]), 7).dataSync()];
        const read = weights.reduce((sum, weight, cell) => sum + weight * (line[cell] ?? 0), 0);
        expect(read).toBeCloseTo(expected, 4);
      }),
      { numRuns: 50 },
    );
    expect(largest(tentWeights(tf.tensor1d([-1, 7, 9.5]), 7))).toBe(0);
  });
});

describe("referencePoints", () => {
  it("lie symmetrically, or as the released code has them", () => {
    const points = referencePoints(7, "symmetric");
    expect(points[0]).toBeCloseTo(-6 / 7, 12);
    expect(points.map((point, i) => point + (points[6 - i] ?? 0))).toEqual(
      points.map(() => expect.closeTo(0, 12)),
    );
    const original = referencePoints(7, "original");
    expect(original[0]).toBeCloseTo(-0.833, 3);
    expect(original[6]).toBeCloseTo(1.167, 3);
    expect(referencePoints(1, "original")).toEqual(referencePoints(1, "symmetric"));
  });
});

describe("initDeformable", () => {
  const count = (tree: HostTree): number =>
    Object.values(tree).reduce(
      (sum, node) => sum + (isHostTensor(node) ? sizeOfShape(node.shape) : count(node)),
      0,
    );

  it("has as many weights as the published modules", () => {
    const rng = Rng.fromSeed(1);
    const third = { heads: 8, groups: 4, kernel: 5, stride: 2 };
    expect(count(initDeformable(rng, 1024, [14, 14], third)) / 1e6).toBeCloseTo(4.21, 2);
  });
});

describe("deformableAttention2d", () => {
  const shape = [2, 5, 4, 8] as const;

  it.each(["symmetric", "original"] as const)("equals a plain loop over cells, %s grid", (grid) => {
    const options = { ...SMALL, grid };
    const params = livelyParams(2, 8, [5, 4], options);
    const image = Rng.fromSeed(3).normalArray(2 * 5 * 4 * 8);
    const { value, places } = deformableAttention2d(
      onTensors(params),
      options,
      tf.tensor(image, [...shape]),
    );
    const expected = plainAttention(params, options, image, shape, places.dataSync());
    expect(largest(tf.sub(value, tf.tensor(expected, [...shape])))).toBeLessThan(1e-5);
  });

  it("samples on the reference grid where offsets are 0, and never outside the map", () => {
    const still = livelyParams(4, 8, [5, 4], SMALL);
    still.offset.direction.data.fill(0);
    const x = tf.tensor(Rng.fromSeed(5).normalArray(320), [...shape]);
    const { places } = deformableAttention2d(onTensors(still), SMALL, x);
    const first = [...tf.slice(places, [0, 0, 0, 0], [1, 1, 6, 2]).dataSync()];
    const expected = referencePoints(3, "symmetric").flatMap((y) =>
      referencePoints(2, "symmetric").flatMap((z) => [((y + 1) / 2) * 4, ((z + 1) / 2) * 3]),
    );
    expect(first).toEqual(expected.map((place) => expect.closeTo(place, 5)));

    const wild = livelyParams(4, 8, [5, 4], SMALL);
    wild.offset.direction.data.fill(9);
    const far = deformableAttention2d(onTensors(wild), SMALL, x).places;
    expect(tf.min(far).dataSync()[0]).toBeGreaterThanOrEqual(0);
    expect(tf.max(tf.sub(far, tf.tensor1d([4, 3]))).dataSync()[0]).toBeLessThanOrEqual(0);
  });

  it("keeps samples of a batch apart", () => {
    const params = onTensors(livelyParams(6, 8, [5, 4], SMALL));
    const x = tf.tensor(Rng.fromSeed(7).normalArray(320), [...shape]);
    const alone = deformableAttention2d(params, SMALL, tf.slice(x, [1, 0, 0, 0], [1, 5, 4, 8]));
    const both = deformableAttention2d(params, SMALL, x);
    const second = tf.slice(both.value, [1, 0, 0, 0], [1, 5, 4, 8]);
    expect(largest(tf.sub(second, alone.value))).toBeLessThan(1e-6);
  });

  it("places a group's samples by that group's channels of the query alone", () => {
    const params = livelyParams(16, 8, [5, 4], SMALL);
    const x = tf.tensor(Rng.fromSeed(17).normalArray(320), [...shape]);
    const before = deformableAttention2d(onTensors(params), SMALL, x).places;
    params.query.bias.data.set([3, -2, 1, 4], 4);
    const after = deformableAttention2d(onTensors(params), SMALL, x).places;
    const moved = (group: number): number =>
      largest(tf.slice(tf.sub(after, before), [0, group, 0, 0], [2, 1, 6, 2]));
    expect(moved(0)).toBe(0);
    expect(moved(1)).toBeGreaterThan(0);
  });

  it("refuses heads that do not divide the channels, groups that do not divide the heads", () => {
    const params = onTensors(livelyParams(8, 8, [5, 4], SMALL));
    const x = tf.zeros([...shape]);
    for (const change of [{ heads: 3 }, { groups: 3 }, { kernel: 2 }, { stride: 0 }])
      expect(() => deformableAttention2d(params, { ...SMALL, ...change }, x)).toThrow(ConfigError);
  });
});

describe("deformableAttention1d", () => {
  it("equals the attention over an image of one row", () => {
    const params = livelyParams(9, 8, [9], SMALL);
    const flat: DeformableParams<Host> = {
      ...params,
      displacement: { ...params.displacement, shape: [4, 1, 17] },
      offset: {
        ...params.offset,
        // Only the middle row of a 3 × 3 kernel sees the one row there is; y offsets do nothing.
        depthwise: widened(params.offset.depthwise),
        direction: doubled(params.offset.direction),
      },
    };
    const x = tf.tensor(Rng.fromSeed(10).normalArray(2 * 9 * 8), [2, 9, 8]);
    const line = deformableAttention1d(onTensors(params), SMALL, x);
    const image = deformableAttention2d(onTensors(flat), SMALL, tf.reshape(x, [2, 1, 9, 8]));
    expect(largest(tf.sub(line.value, tf.reshape(image.value, [2, 9, 8])))).toBeLessThan(1e-5);
  });

  it("depends on no later row where it is causal, to the last bit", () => {
    const options = { ...SMALL, isCausal: true };
    const params = onTensors(livelyParams(11, 8, [9], options));
    const x = tf.tensor(Rng.fromSeed(12).normalArray(2 * 9 * 8), [2, 9, 8]);
    const noise = tf.tensor(Rng.fromSeed(13).normalArray(2 * 9 * 8), [2, 9, 8]);
    const changedAfter = (t: number): Tensor => {
      const future = tf.reshape(
        tf.tensor1d(Array.from({ length: 9 }, (_, row) => (row > t ? 1 : 0))),
        [1, 9, 1],
      );
      const changed = tf.add(x, tf.mul(noise, future));
      return deformableAttention1d(params, options, changed).value;
    };
    const whole = deformableAttention1d(params, options, x).value;
    for (let t = 0; t < 9; t++) {
      const seen = (value: Tensor): Tensor => tf.slice(value, [0, 0, 0], [2, t + 1, 8]);
      expect(largest(tf.sub(seen(changedAfter(t)), seen(whole)))).toBe(0);
      if (t < 8) expect(largest(tf.sub(changedAfter(t), whole))).toBeGreaterThan(0);
    }
  });
});

describe("gradients of the deformable attention", () => {
  it.each([
    ["2-D", [2, 4, 4, 8], [4, 4], {}],
    ["1-D", [2, 9, 8], [9], {}],
    ["1-D, causal", [2, 9, 8], [9], { isCausal: true }],
  ] as const)("compiled are those of finite differences, %s", async (_, shape, cells, extra) => {
    const options = { ...SMALL, ...extra };
    const params = livelyParams(14, 8, cells, options);
    const rng = Rng.fromSeed(15);
    const state = {
      net: params,
      x: { dtype: "float32" as const, shape, data: rng.normalArray(sizeOfShape(shape)) },
    };
    const target = tf.tensor(rng.normalArray(sizeOfShape(shape)), [...shape]);
    const lossOf = (net: DeformableParams<Tensor>, x: Tensor): Scalar => {
      const run = cells.length === 1 ? deformableAttention1d : deformableAttention2d;
      return tf.sum(tf.mul(run(net, options, x).value, target)) as Scalar;
    };
    const specs = specsOf(state);
    const program = defineProgram({
      name: "deformable-gradients",
      inputs: { state: specs },
      body: (inputs) => {
        const { state: tensors } = inputs as unknown as {
          state: { net: DeformableParams<Tensor>; x: Tensor };
        };
        return valueAndGradients(tensors, (p) => lossOf(p.net, p.x)) as never as {
          value: Scalar;
          gradients: never;
        };
      },
    });
    await using compiled = await compile(program, { device: "cpu" });
    const run = async (): Promise<{ value: Float32Array; gradients: HostTree }> =>
      (await compiled.run({ state } as never)) as never;
    const { gradients } = await run();
    const leaves: [string, Float32Array, Float32Array][] = [];
    const walk = (path: string, host: HostTree, found: HostTree): void => {
      for (const [name, node] of Object.entries(host))
        if (isHostTensor(node))
          leaves.push([`${path}/${name}`, node.data as Float32Array, found[name] as never]);
        else walk(`${path}/${name}`, node, found[name] as HostTree);
    };
    walk("", state as never, gradients);
    expect(leaves.length).toBe(15);
    for (const [path, data, gradient] of leaves) {
      const at = Math.floor(data.length / 3);
      const held = data[at] ?? 0;
      const value = async (by: number): Promise<number> => {
        data[at] = held + by;
        const result = (await run()).value[0] ?? Number.NaN;
        data[at] = held;
        return result;
      };
      const slope = ((await value(1e-3)) - (await value(-1e-3))) / 2e-3;
      expect(Math.abs((gradient[at] ?? Number.NaN) - slope), path).toBeLessThan(
        2e-2 * Math.max(1, Math.abs(slope)),
      );
    }
  });
});

/** [3, w, 1] to [3, 3, w, 1] with the given taps in the middle row. */
function widened(depthwise: Host): Host {
  const size = depthwise.data.length;
  const data = new Float32Array(3 * size);
  data.set(depthwise.data, size);
  return { dtype: "float32", shape: [3, ...depthwise.shape], data };
}

/** [w, 1] to [w, 2]: the same offset for the second axis, some for the first. */
function doubled(direction: Host): Host {
  const data = Float32Array.from({ length: 2 * direction.data.length }, (_, at) =>
    at % 2 === 0 ? 0.3 : (direction.data[(at - 1) / 2] ?? 0),
  );
  return { dtype: "float32", shape: [direction.shape[0] ?? 0, 2], data };
}

/** The attention as its definition reads, cell by cell in float64, given where samples lie. */
function plainAttention(
  params: DeformableParams<Host>,
  { heads, groups }: DeformableOptions,
  image: Float32Array,
  [B, H, W, C]: readonly [number, number, number, number],
  places: ArrayLike<number>,
): Float32Array {
  const [N, width, d] = [places.length / (2 * B * groups), C / groups, C / heads];
  const at = (b: number, y: number, x: number, c: number): number =>
    y < 0 || x < 0 || y >= H || x >= W ? 0 : (image[((b * H + y) * W + x) * C + c] ?? 0);
  const bilinear = (read: (y: number, x: number) => number, y: number, x: number): number => {
    const [y0, x0] = [Math.floor(y), Math.floor(x)];
    const [v, u] = [y - y0, x - x0];
    return (
      (1 - v) * ((1 - u) * read(y0, x0) + u * read(y0, x0 + 1)) +
      v * ((1 - u) * read(y0 + 1, x0) + u * read(y0 + 1, x0 + 1))
    );
  };
  const map = (layer: { weight: Host; bias: Host }, x: readonly number[]): number[] =>
    Array.from({ length: C }, (_, o) =>
      x.reduce(
        (sum, value, i) => sum + value * (layer.weight.data[i * C + o] ?? 0),
        layer.bias.data[o] ?? 0,
      ),
    );
  const out = new Float32Array(image.length);
  for (let b = 0; b < B; b++) {
    const place = (g: number, n: number): [number, number] => {
      const from = ((b * groups + g) * N + n) * 2;
      return [places[from] ?? 0, places[from + 1] ?? 0];
    };
    const samples = Array.from({ length: N }, (_, n) =>
      Array.from({ length: C }, (_, c) => {
        const [y, x] = place(Math.floor(c / width), n);
        return bilinear((r, s) => at(b, r, s, c), y, x);
      }),
    );
    const keys = samples.map((sample) => map(params.key, sample));
    const values = samples.map((sample) => map(params.value, sample));
    for (let y = 0; y < H; y++)
      for (let x = 0; x < W; x++) {
        const query = map(
          params.query,
          Array.from({ length: C }, (_, c) => at(b, y, x, c)),
        );
        const mixed = Array.from({ length: C }, () => 0);
        for (let h = 0; h < heads; h++) {
          const dims = Array.from({ length: d }, (_, i) => h * d + i);
          const logits = keys.map((key, n) => {
            const [py, px] = place(Math.floor((h * groups) / heads), n);
            const bias = bilinear(
              (r, s) =>
                r < 0 || s < 0 || r >= 2 * H - 1 || s >= 2 * W - 1
                  ? 0
                  : (params.displacement.data[(h * (2 * H - 1) + r) * (2 * W - 1) + s] ?? 0),
              y - py + H - 1,
              x - px + W - 1,
            );
            return (
              dims.reduce((sum, i) => sum + (query[i] ?? 0) * (key[i] ?? 0), 0) / Math.sqrt(d) +
              bias
            );
          });
          const top = Math.max(...logits);
          const weights = logits.map((logit) => Math.exp(logit - top));
          const all = weights.reduce((sum, weight) => sum + weight, 0);
          for (const i of dims)
            mixed[i] = values.reduce(
              (sum, value, n) => sum + ((weights[n] ?? 0) / all) * (value[i] ?? 0),
              0,
            );
        }
        out.set(map(params.output, mixed), ((b * H + y) * W + x) * C);
      }
  }
  return out;
}
