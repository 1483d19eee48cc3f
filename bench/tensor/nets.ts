import { defineProgram } from "../../src/tensor/defineProgram.ts";
import { valueAndGradients } from "../../src/tensor/gradients.ts";
import { type HostTensor, hostTensor, specsOf } from "../../src/tensor/HostTensor.ts";
import { dense } from "../../src/tensor/ops/dense.ts";
import { gelu } from "../../src/tensor/ops/gelu.ts";
import { layerNorm } from "../../src/tensor/ops/layerNorm.ts";
import { logSoftmax } from "../../src/tensor/ops/logSoftmax.ts";
import { adam } from "../../src/tensor/optimizers/adamW.ts";
import type { Rng } from "../../src/tensor/Rng.ts";
import { float32, int32, sizeOfShape } from "../../src/tensor/TensorSpec.ts";
import {
  type Scalar,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
  type Tensor4D,
  tf,
} from "../../src/tensor/tf.ts";

/** Weights by flat name. */
export type Weights = Record<string, HostTensor<"float32">>;
type Params = { readonly [name: string]: Tensor };

/**
 * One network of the benchmark: the same sizes as in `nets.py`, which the peers run.
 *
 * `logits` maps [batch, ...input] to [batch, classes].
 */
export interface Net {
  readonly name: string;
  readonly input: readonly number[];
  readonly classes: number;
  readonly batch: number;
  readonly shapes: { readonly [name: string]: readonly number[] };
  readonly logits: (params: Params, x: Tensor) => Tensor2D;
}

const at = (params: Params, name: string): Tensor => {
  const tensor = params[name];
  if (tensor === undefined) throw new RangeError(`expected weights "${name}", got none`);
  return tensor;
};

function linear(params: Params, name: string, x: Tensor): Tensor {
  return dense(x, at(params, `${name}.w`) as Tensor2D, at(params, `${name}.b`));
}

function denseShapes(name: string, from: number, to: number): [string, number[]][] {
  return [
    [`${name}.w`, [from, to]],
    [`${name}.b`, [to]],
  ];
}

/** 784-512-512-64, ReLU. */
export const mlp: Net = {
  name: "mlp",
  input: [784],
  classes: 64,
  batch: 64,
  shapes: Object.fromEntries([
    ...denseShapes("l1", 784, 512),
    ...denseShapes("l2", 512, 512),
    ...denseShapes("l3", 512, 64),
  ]),
  logits: (params, x) => {
    const h1 = tf.relu(linear(params, "l1", x));
    const h2 = tf.relu(linear(params, "l2", h1));
    return linear(params, "l3", h2) as Tensor2D;
  },
};

/** 28x28x1, three 3x3 convolutions (16, 32, 32; strides 1, 2, 2), mean over space, linear. */
export const conv: Net = {
  name: "conv",
  input: [28, 28, 1],
  classes: 10,
  batch: 32,
  shapes: {
    "c1.w": [3, 3, 1, 16],
    "c1.b": [16],
    "c2.w": [3, 3, 16, 32],
    "c2.b": [32],
    "c3.w": [3, 3, 32, 32],
    "c3.b": [32],
    ...Object.fromEntries(denseShapes("out", 32, 10)),
  },
  logits: (params, x) => {
    const layer = (name: string, input: Tensor, stride: number): Tensor =>
      tf.relu(
        tf.add(
          tf.conv2d(input as Tensor4D, at(params, `${name}.w`) as Tensor4D, stride, "same"),
          at(params, `${name}.b`),
        ),
      );
    const features = layer("c3", layer("c2", layer("c1", x, 1), 2), 2);
    return linear(params, "out", tf.mean(features, [1, 2])) as Tensor2D;
  },
};

const WIDTH = 256;
const HEADS = 4;
const TOKENS = 10;

/** Two pre-norm blocks, 10 tokens of width 256, 4 heads, FFN 1024 with GELU (tanh form): CMG's size. */
export const transformer: Net = {
  name: "transformer",
  input: [TOKENS, WIDTH],
  classes: 64,
  batch: 80,
  shapes: Object.fromEntries([
    ...[0, 1].flatMap((i): [string, number[]][] => [
      [`b${i}.n1.g`, [WIDTH]],
      [`b${i}.n1.b`, [WIDTH]],
      ...denseShapes(`b${i}.qkv`, WIDTH, 3 * WIDTH),
      ...denseShapes(`b${i}.proj`, WIDTH, WIDTH),
      [`b${i}.n2.g`, [WIDTH]],
      [`b${i}.n2.b`, [WIDTH]],
      ...denseShapes(`b${i}.up`, WIDTH, 4 * WIDTH),
      ...denseShapes(`b${i}.down`, 4 * WIDTH, WIDTH),
    ]),
    ...denseShapes("out", WIDTH, 64),
  ]),
  logits: (params, x) => {
    const y = [0, 1].reduce((h, i) => block(params, `b${i}`, h as Tensor3D), x);
    return linear(params, "out", tf.mean(y, 1)) as Tensor2D;
  },
};

function norm(params: Params, name: string, x: Tensor): Tensor {
  return layerNorm(x, { gain: at(params, `${name}.g`), bias: at(params, `${name}.b`) });
}

function block(params: Params, name: string, x: Tensor3D): Tensor3D {
  const batch = x.shape[0];
  const heads = (t: Tensor): Tensor =>
    tf.transpose(tf.reshape(t, [batch, TOKENS, HEADS, WIDTH / HEADS]), [0, 2, 1, 3]);
  const [q, k, v] = tf.split(linear(params, `${name}.qkv`, norm(params, `${name}.n1`, x)), 3, -1);
  if (q === undefined || k === undefined || v === undefined)
    throw new RangeError("expected q, k and v");
  const scores = tf.mul(tf.matMul(heads(q), heads(k), false, true), 1 / Math.sqrt(WIDTH / HEADS));
  const mixed = tf.matMul(tf.softmax(scores), heads(v)); // [B, H, T, D]
  const joined = tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), [batch, TOKENS, WIDTH]);
  const attended = tf.add(x, linear(params, `${name}.proj`, joined));
  const hidden = gelu(linear(params, `${name}.up`, norm(params, `${name}.n2`, attended)));
  return tf.add(attended, linear(params, `${name}.down`, hidden)) as Tensor3D;
}

const STEPS = 10;
const UNITS = 128;

/** One LSTM layer of 128 units over 10 steps of 64 features, unrolled: CPC's recurrence. */
export const lstm: Net = {
  name: "lstm",
  input: [STEPS, 64],
  classes: 16,
  batch: 64,
  shapes: {
    "x.w": [64, 4 * UNITS],
    "h.w": [UNITS, 4 * UNITS],
    "g.b": [4 * UNITS],
    ...Object.fromEntries(denseShapes("out", UNITS, 16)),
  },
  logits: (params, x) => {
    const batch = x.shape[0] ?? 1;
    const rows = tf.reshape(x, [batch * STEPS, 64]) as Tensor2D;
    const fromInput = tf.add(tf.matMul(rows, at(params, "x.w") as Tensor2D), at(params, "g.b"));
    const perStep = tf.unstack(
      tf.transpose(tf.reshape(fromInput, [batch, STEPS, 4 * UNITS]), [1, 0, 2]),
    );
    let h: Tensor = tf.zeros([batch, UNITS]);
    let c: Tensor = tf.zeros([batch, UNITS]);
    for (const gatesIn of perStep) {
      const gates = tf.add(gatesIn, tf.matMul(h as Tensor2D, at(params, "h.w") as Tensor2D));
      const [i, f, g, o] = tf.split(gates, 4, 1);
      if (i === undefined || f === undefined || g === undefined || o === undefined)
        throw new RangeError("expected 4 gates");
      c = tf.add(tf.mul(tf.sigmoid(f), c), tf.mul(tf.sigmoid(i), tf.tanh(g)));
      h = tf.mul(tf.sigmoid(o), tf.tanh(c));
    }
    return linear(params, "out", h) as Tensor2D;
  },
};

/** All networks of the benchmark. */
export const nets: readonly Net[] = [mlp, conv, transformer, lstm];

/** Fan-in scaled weights. */
export function initialWeights(net: Net, rng: Rng): Weights {
  return Object.fromEntries(
    Object.entries(net.shapes).map(([name, shape]) => {
      const fanIn = sizeOfShape(shape.slice(0, -1));
      const data =
        shape.length > 1
          ? rng.normalArray(sizeOfShape(shape), 0, 1 / Math.sqrt(fanIn))
          : new Float32Array(sizeOfShape(shape)).fill(name.endsWith(".g") ? 1 : 0);
      return [name, hostTensor(data, shape)];
    }),
  );
}

/** Optimiser of all training programs: Adam as PyTorch has it by default. */
export const optimizer = adam();

/** Forward, cross-entropy, backward and Adam as one program. */
export function trainingProgram(net: Net, weights: Weights) {
  const specs = specsOf(weights) as {
    readonly [name: string]: { shape: readonly number[]; dtype: "float32" };
  };
  return defineProgram({
    name: `train/${net.name}`,
    inputs: {
      state: { params: specs, adam: optimizer.stateSpecs(specs) },
      x: { shape: [net.batch, ...net.input], dtype: "float32" },
      y: int32([net.batch]),
      learningRate: float32([]),
    },
    body: ({ state, x, y, learningRate }) => {
      const { value, gradients } = valueAndGradients(state.params, (params) => {
        const picked = tf.mul(
          logSoftmax(net.logits(params, x as Tensor)),
          tf.oneHot(y as never, net.classes),
        );
        return tf.neg(tf.mean(tf.sum(picked, 1))) as Scalar;
      });
      const next = optimizer.update(state.params, gradients, state.adam as never, {
        learningRate: learningRate as Scalar,
      });
      return { state: { params: next.params, adam: next.state }, loss: value };
    },
  });
}

/** Class probabilities of a batch, weights as an input to bake. */
export function servingProgram(net: Net, weights: Weights, batch: number) {
  return defineProgram({
    name: `serve/${net.name}@${batch}`,
    inputs: { params: specsOf(weights), x: { shape: [batch, ...net.input], dtype: "float32" } },
    body: ({ params, x }) => ({
      probabilities: tf.softmax(net.logits(params as Params, x as Tensor)),
    }),
  });
}
