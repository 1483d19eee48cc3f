import { createInterface } from "node:readline";

import { Rng } from "../../src/tensor/Rng.ts";
import { sizeOfShape } from "../../src/tensor/TensorSpec.ts";
import { type Tensor, tf } from "../../src/tensor/tf.ts";
import {
  initialWeights,
  type Net,
  nets,
  optimizer,
  servingProgram,
  trainingProgram,
} from "./nets.ts";

/**
 * The benchmark's programs run eagerly on one tfjs backend ("cpu" or "wasm"): the very bodies that
 * the compiler traces, with state kept in tfjs tensors between steps.
 */
const backend = process.argv[2] ?? "cpu";
const packageName = "@tensorflow/tfjs-backend-wasm";
const say = (message: object): void => console.log(JSON.stringify(message));

try {
  if (backend === "wasm") await import(packageName);
  if (!(await tf.setBackend(backend))) throw new Error(`tfjs has no backend ${backend}`);
  await tf.ready();
  say({ version: tf.version["tfjs-core"] });
} catch (cause) {
  say({ error: cause instanceof Error ? cause.message.split("\n")[0] : String(cause) });
  process.exit(0);
}

const steps = new Map<string, () => number>();
for await (const line of createInterface({ input: process.stdin })) {
  const { op, net: name, batch, runs } = JSON.parse(line);
  try {
    const key = `${op}/${name}@${batch}`;
    const net = nets.find((candidate) => candidate.name === name);
    if (net === undefined) throw new Error(`no network ${name}`);
    let step = steps.get(key);
    if (step === undefined) {
      step = op === "train" ? trainStep({ ...net, batch }) : serveStep(net, batch);
      steps.set(key, step);
    }
    const ms: number[] = [];
    for (let run = 0; run < runs; run += 1) {
      const started = performance.now();
      step();
      ms.push(performance.now() - started);
    }
    say({ ms });
  } catch (cause) {
    say({ error: cause instanceof Error ? cause.message.split("\n")[0] : String(cause) });
  }
}

function trainStep(net: Net): () => number {
  const rng = Rng.fromSeed(1);
  const weights = initialWeights(net, rng);
  const program = trainingProgram(net, weights);
  let state = toTensors({ params: weights, adam: optimizer.init(weights) });
  const x = tf.tensor(rng.normalArray(net.batch * sizeOfShape(net.input)), [
    net.batch,
    ...net.input,
  ]);
  const y = tf.tensor1d(
    Int32Array.from({ length: net.batch }, () => rng.int(0, net.classes)),
    "int32",
  );
  const learningRate = tf.scalar(1e-4);
  return () => {
    const next = tf.tidy(() => program.body({ state, x, y, learningRate } as never) as never) as {
      state: never;
      loss: Tensor;
    };
    tf.dispose(state);
    state = next.state;
    const loss = next.loss.dataSync()[0] ?? Number.NaN;
    next.loss.dispose();
    return loss;
  };
}

function serveStep(net: Net, batch: number): () => number {
  const rng = Rng.fromSeed(1);
  const weights = initialWeights(net, rng);
  const program = servingProgram(net, weights, batch);
  const params = toTensors(weights);
  const x = rng.normalArray(batch * sizeOfShape(net.input));
  return () => {
    const result = tf.tidy(
      () => program.body({ params, x: tf.tensor(x, [batch, ...net.input]) } as never).probabilities,
    );
    const first = result.dataSync()[0] ?? Number.NaN;
    result.dispose();
    return first;
  };
}

function toTensors(node: object): never {
  if ("data" in node && "shape" in node && "dtype" in node) {
    const { data, shape, dtype } = node as {
      data: Float32Array;
      shape: number[];
      dtype: "float32";
    };
    return tf.tensor(data.slice(), shape, dtype) as never;
  }
  return Object.fromEntries(
    Object.entries(node).map(([key, child]) => [key, toTensors(child)]),
  ) as never;
}
