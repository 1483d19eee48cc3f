import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

import talkingFace from "../../pipelines/talking-face/pipeline.ts";
import { subsetMasks } from "../../src/models/unified/fuse.ts";
import { inferRow, type RowState, rowStateShapes } from "../../src/models/unified/inferRow.ts";
import type { UnifiedParams } from "../../src/models/unified/params.ts";
import { type DecodedWeights, decodeWeights } from "../../src/models/unified/weights.ts";
import { compile } from "../../src/tensor/compile.ts";
import { defineProgram } from "../../src/tensor/defineProgram.ts";
import { specsOf } from "../../src/tensor/HostTensor.ts";
import { float32, type SpecTree } from "../../src/tensor/TensorSpec.ts";
import type { Tensor } from "../../src/tensor/tf.ts";
import { flattenTree, unflattenTree } from "../../src/tensor/tree.ts";
import { type Bench, median } from "../Bench.ts";

const ROUNDS = 40;
const STEPS = 25;

/**
 * What the drill costs: one row of the talking-face model that answers for every subset of its three
 * streams, against one that answers for all of them together alone. Rounds are interleaved; the median
 * counts. Bar: 1.5 times.
 */
export const runSubsetsBench: Bench = async () => {
  const file = await readFile(fileURLToPath(talkingFace.model.weights));
  const weights = decodeWeights(file, talkingFace.name);
  const every = subsetMasks(weights.config.streams.length);
  const all = await stepper(weights, every);
  const one = await stepper(weights, every.slice(-1));
  const times: { readonly all: number[]; readonly one: number[] } = { all: [], one: [] };
  for (let round = 0; round < ROUNDS + 5; round++)
    for (const [name, step] of [
      ["all", all],
      ["one", one],
    ] as const) {
      const start = performance.now();
      for (let i = 0; i < STEPS; i++) await step();
      if (round >= 5) times[name].push((performance.now() - start) / STEPS);
    }
  const [whole, single] = [median(times.all), median(times.one)];
  return {
    bench: "subsets",
    results: [
      {
        name: `one row, all ${every.length} subsets`,
        value: whole,
        unit: "ms",
        better: "lower",
        ratios: { "everything together alone": whole / single },
      },
    ],
    skipped: [],
  };
};

async function stepper(
  { config, params, codes }: DecodedWeights,
  masks: number[][],
): Promise<() => Promise<void>> {
  const paths = flattenTree({ ...rowStateShapes(config, masks.length) }, isShape, "subsets bench");
  const program = defineProgram({
    name: `infer-${masks.length}-subsets`,
    inputs: {
      params: specsOf(params) as SpecTree,
      codes: float32([config.codes, config.codeDim]),
      x: Object.fromEntries(
        config.streams.map(({ name, size }) => [name, float32([1, 1, size])]),
      ) as SpecTree,
      present: float32([config.streams.length]),
      state: unflattenTree(
        paths.map(([path, shape]) => [path, float32(shape)] as const),
      ) as SpecTree,
    },
    body: (inputs) => {
      const { answer, state } = inferRow(
        inputs.params as unknown as UnifiedParams<Tensor>,
        inputs.codes,
        config,
        inputs.x as unknown as { [stream: string]: Tensor },
        inputs.present,
        inputs.state as unknown as RowState<Tensor>,
        masks,
      );
      return { answer: { ...answer }, state: { ...state } };
    },
  });
  const compiled = await compile(program, { threads: 1, constants: { params, codes } as never });
  const feeds = {
    x: Object.fromEntries(config.streams.map(({ name, size }) => [name, new Float32Array(size)])),
    present: new Float32Array(config.streams.length).fill(1),
    state: unflattenTree(
      paths.map(([path, shape]) => [path, new Float32Array(shape.reduce((a, b) => a * b, 1))]),
    ),
  };
  return async () => {
    await compiled.run(feeds as never);
  };
}

function isShape(node: object): node is readonly number[] {
  return Array.isArray(node);
}
