import { defineProgram } from "../../../src/tensor/defineProgram.ts";
import { valueAndGradients } from "../../../src/tensor/gradients.ts";
import { type HostTensor, hostTensor, specsOf } from "../../../src/tensor/HostTensor.ts";
import { dense } from "../../../src/tensor/ops/dense.ts";
import { gelu } from "../../../src/tensor/ops/gelu.ts";
import { layerNorm } from "../../../src/tensor/ops/layerNorm.ts";
import { adamW } from "../../../src/tensor/optimizers/adamW.ts";
import type { Rng } from "../../../src/tensor/Rng.ts";
import { float32, int32, sizeOfShape } from "../../../src/tensor/TensorSpec.ts";
import {
  type Scalar,
  type Tensor,
  type Tensor2D,
  type Tensor4D,
  tf,
} from "../../../src/tensor/tf.ts";

const optimizer = adamW({ weightDecay: 0.01 });
const CLASSES = 3;
const BATCH = 6;

type Params = Record<string, HostTensor<"float32">>;
type Tensors = { readonly [name: string]: Tensor };

/** A small network with a training step, its first state and one batch. */
function trainable(
  name: string,
  rng: Rng,
  input: readonly number[],
  shapes: { readonly [name: string]: readonly number[] },
  logitsOf: (p: (name: string) => Tensor, x: Tensor) => Tensor,
) {
  const params: Params = Object.fromEntries(
    Object.entries(shapes).map(([key, shape]) => {
      const scale = 1 / Math.sqrt(sizeOfShape(shape.slice(0, -1)));
      const data = key.endsWith(".g")
        ? new Float32Array(sizeOfShape(shape)).fill(1)
        : rng.normalArray(sizeOfShape(shape), 0, shape.length > 1 ? scale : 0.1);
      return [key, hostTensor(data, shape)];
    }),
  );
  const specs = specsOf(params);
  const program = defineProgram({
    name,
    inputs: {
      state: { params: specs, adam: optimizer.stateSpecs(specs) },
      x: { shape: [BATCH, ...input], dtype: "float32" as const },
      y: int32([BATCH]),
      learningRate: float32([]),
    },
    body: ({ state, x, y, learningRate }) => {
      const { value, gradients } = valueAndGradients(state.params, (p: Tensors) => {
        const logits = logitsOf((key) => p[key] ?? tf.scalar(Number.NaN), x as Tensor);
        return tf.neg(
          tf.mean(tf.sum(tf.mul(tf.logSoftmax(logits), tf.oneHot(y, CLASSES)), 1)),
        ) as Scalar;
      });
      const next = optimizer.update(state.params, gradients, state.adam, { learningRate });
      return { state: { params: next.params, adam: next.state }, loss: value };
    },
  });
  const feeds = {
    x: rng.normalArray(BATCH * sizeOfShape(input)),
    y: Int32Array.from({ length: BATCH }, () => rng.int(0, CLASSES)),
    learningRate: 0.01,
  };
  return { program, state: { params, adam: optimizer.init(params) }, feeds };
}

/** Two dense layers. */
export function mlpOf(rng: Rng) {
  const shapes = { "a.w": [5, 8], "a.b": [8], "o.w": [8, CLASSES], "o.b": [CLASSES] };
  return trainable("mlp", rng, [5], shapes, (p, x) =>
    dense(tf.relu(dense(x, p("a.w") as Tensor2D, p("a.b"))), p("o.w") as Tensor2D, p("o.b")),
  );
}

/** One pre-norm attention block with two heads and a GELU layer. */
export function transformerOf(rng: Rng) {
  const [T, D, H] = [4, 8, 2];
  const shapes = {
    "n1.g": [D],
    "n1.b": [D],
    "qkv.w": [D, 3 * D],
    "qkv.b": [3 * D],
    "p.w": [D, D],
    "p.b": [D],
    "n2.g": [D],
    "n2.b": [D],
    "u.w": [D, 2 * D],
    "u.b": [2 * D],
    "d.w": [2 * D, D],
    "d.b": [D],
    "o.w": [D, CLASSES],
    "o.b": [CLASSES],
  };
  return trainable("transformer", rng, [T, D], shapes, (p, x) => {
    const norm = (t: Tensor, key: string) =>
      layerNorm(t, { gain: p(`${key}.g`), bias: p(`${key}.b`) });
    const linear = (t: Tensor, key: string) => dense(t, p(`${key}.w`) as Tensor2D, p(`${key}.b`));
    const heads = (t: Tensor) => tf.transpose(tf.reshape(t, [BATCH, T, H, D / H]), [0, 2, 1, 3]);
    const [q = x, k = x, v = x] = tf.split(linear(norm(x, "n1"), "qkv"), 3, -1).map(heads);
    const weights = tf.softmax(tf.mul(tf.matMul(q, k, false, true), Math.sqrt(H / D)));
    const mixed = tf.reshape(tf.transpose(tf.matMul(weights, v), [0, 2, 1, 3]), [BATCH, T, D]);
    const attended = tf.add(x, linear(mixed, "p"));
    const out = tf.add(attended, linear(gelu(linear(norm(attended, "n2"), "u")), "d"));
    return linear(tf.mean(out, 1), "o");
  });
}

/** A strided and a depthwise convolution with average and maximum pooling. */
export function convNetOf(rng: Rng) {
  const shapes = {
    "c.w": [3, 3, 2, 8],
    "c.b": [8],
    "e.w": [3, 3, 8, 8],
    "d.w": [3, 3, 8, 1],
    "o.w": [8, CLASSES],
    "o.b": [CLASSES],
  };
  return trainable("convnet", rng, [9, 8, 2], shapes, (p, x) => {
    const first = tf.relu(
      tf.add(tf.conv2d(x as Tensor4D, p("c.w") as Tensor4D, 1, "same"), p("c.b")),
    );
    const pooled = tf.maxPool(first as Tensor4D, 2, 2, "same");
    const second = tf.tanh(tf.conv2d(pooled, p("e.w") as Tensor4D, [2, 1], "same"));
    const third = tf.depthwiseConv2d(
      tf.avgPool(second as Tensor4D, 2, 1, "same"),
      p("d.w") as Tensor4D,
      1,
      "valid",
    );
    return dense(tf.mean(third, [1, 2]), p("o.w") as Tensor2D, p("o.b"));
  });
}

/** An LSTM of 6 steps, unrolled. */
export function lstmOf(rng: Rng) {
  const [T, D, U] = [6, 4, 5];
  const shapes = {
    "x.w": [D, 4 * U],
    "h.w": [U, 4 * U],
    "g.b": [4 * U],
    "o.w": [U, CLASSES],
    "o.b": [CLASSES],
  };
  return trainable("lstm", rng, [T, D], shapes, (p, x) => {
    let h: Tensor = tf.zeros([BATCH, U]);
    let c: Tensor = tf.zeros([BATCH, U]);
    for (const step of tf.unstack(x, 1)) {
      const gates = tf.add(
        dense(step, p("x.w") as Tensor2D, p("g.b")),
        tf.matMul(h as Tensor2D, p("h.w") as Tensor2D),
      );
      const [i = gates, f = gates, g = gates, o = gates] = tf.split(gates, 4, 1);
      c = tf.add(tf.mul(tf.sigmoid(f), c), tf.mul(tf.sigmoid(i), tf.tanh(g)));
      h = tf.mul(tf.sigmoid(o), tf.tanh(c));
    }
    return dense(h, p("o.w") as Tensor2D, p("o.b"));
  });
}
