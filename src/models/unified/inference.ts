import { ShapeError } from "../../errors.ts";
import type { StreamReading, SubsetReading } from "../../frames/Reading.ts";
import { compile } from "../../tensor/compile.ts";
import { defineProgram } from "../../tensor/defineProgram.ts";
import type { Device, DeviceChoice } from "../../tensor/device/Device.ts";
import { asFloat32, asInt32, specsOf, type TensorData } from "../../tensor/HostTensor.ts";
import { float32, type SpecTree } from "../../tensor/TensorSpec.ts";
import type { Tensor } from "../../tensor/tf.ts";
import { flattenTree, unflattenTree } from "../../tensor/tree.ts";
import { type AdaptedPart, adaptedShapes, checkAdapted, trainedPart } from "./adapted.ts";
import type { UnifiedConfig } from "./config.ts";
import { subsetMasks } from "./fuse.ts";
import { inferRow, type RowState, rowStateShapes } from "./inferRow.ts";
import { logPrior } from "./logPrior.ts";
import type { UnifiedParams } from "./params.ts";
import type { UnifiedWeights } from "./weights.ts";

/** What one row of the grid brings: [size] features per stream, undefined where missing. */
export type RowInputs = { readonly [stream: string]: Float32Array | undefined };

/** What carries over from row to row. Never changed in place: keep one to go back to it. */
export interface InferenceState {
  /** By path, as `rowStateShapes` names them. */
  readonly arrays: ReadonlyMap<string, Float32Array>;
}

/** The model's part of a `Reading`. */
export interface RowOutputs {
  /** Of the streams present at this row. */
  readonly streams: Readonly<Record<string, StreamReading>>;
  /** [embedding] unit vector; absent when nothing was present. */
  readonly joint?: Float32Array;
  /** [classes] natural log; the prior when nothing was present. */
  readonly logProbabilities: Float32Array;
  /** Every non-empty subset of the streams present at this row; the last is all of them. */
  readonly subsets: readonly SubsetReading[];
}

/** What the head read of one row: all that an online learner needs of it. Rows of absent streams mean nothing. */
export interface RowFeatures {
  /** [S] 1 where the stream was present. */
  readonly present: Float32Array;
  /** [S · D] and [S · specific], the streams in the order of the configuration. */
  readonly z: Float32Array;
  readonly s: Float32Array;
  /** [M · D] and [M · specific], the joint of each subset; row i is subset i + 1 in binary. */
  readonly jointZ: Float32Array;
  readonly jointS: Float32Array;
}

/** The live model, ready to take row after row. Runs block the thread: host it in a worker. */
export interface Inference extends AsyncDisposable {
  readonly config: UnifiedConfig;
  /** What computes, once a choice left open was made. */
  readonly device: Device;
  /** The state before the first row, and after a stop of the whole stream. */
  initialState(): InferenceState;
  /** The part that may change, as it was trained. */
  readonly trained: AdaptedPart;
  /**
   * Takes one row.
   *
   * A pure function of row and state, always of the same shapes, so the same rows give the same bits
   * on the same device. Another head, exemplars or codebook cost nothing: all are inputs of the program, so there
   * is nothing to compile when they change.
   *
   * @param part Heads, exemplars and codebook to answer with; those of the training unless given.
   * @throws {ShapeError} If a feature vector has another length than the stream's size, or the part does
   *   not fit.
   */
  step(row: RowInputs, state: InferenceState, part?: AdaptedPart): Promise<InferenceStep>;
}

/** What a row gave. */
export interface InferenceStep {
  readonly outputs: RowOutputs;
  readonly state: InferenceState;
  readonly features: RowFeatures;
}

/** Where inference runs. */
export interface InferenceOptions {
  readonly device?: DeviceChoice;
  /** Threads on the CPU; one row is too little work for more than 1. */
  readonly threads?: number;
}

/**
 * Compiles a trained model for row-by-row inference, weights baked in.
 *
 * @throws {DeviceError} If the device does not open.
 */
export async function createInference(
  weights: Pick<UnifiedWeights, "config" | "params" | "codes">,
  { device = "cpu", threads = 1 }: InferenceOptions = {},
): Promise<Inference> {
  const { config } = weights;
  const { head: _, ...params } = weights.params;
  const trained = trainedPart(weights);
  const shapes = adaptedShapes(config);
  const names = config.streams.map(({ name }) => name);
  const statePaths = flattenTree({ ...rowStateShapes(config) }, isShape, "createInference");
  const stateSpecs = unflattenTree(
    statePaths.map(([path, shape]) => [path, float32(shape)] as const),
  ) as SpecTree;

  const program = defineProgram({
    name: "infer-unified",
    inputs: {
      params: specsOf(params) as SpecTree,
      head: { weight: float32(shapes.headWeight), bias: float32(shapes.headBias) },
      memory: {
        exemplars: float32(shapes.exemplars),
        exemplified: float32(shapes.exemplified),
      },
      codes: float32(shapes.codes),
      x: Object.fromEntries(
        config.streams.map(({ name, size }) => [name, float32([1, 1, size])]),
      ) as SpecTree,
      present: float32([names.length]),
      state: stateSpecs,
    },
    body: (inputs) => {
      // The trees were built from the configuration: their types are wider than what they hold.
      const { answer, state } = inferRow(
        { ...inputs.params, head: inputs.head } as unknown as UnifiedParams<Tensor>,
        inputs.codes,
        config,
        inputs.x as unknown as { [stream: string]: Tensor },
        inputs.present,
        inputs.state as unknown as RowState<Tensor>,
        subsetMasks(names.length),
        inputs.memory,
      );
      return { answer: { ...answer }, state: { ...state } };
    },
  });
  const compiled = await compile(program, {
    device,
    threads,
    constants: { params } as never,
  });

  return {
    config,
    device: compiled.device,
    trained,
    initialState: () => ({
      arrays: new Map(
        statePaths.map(([path, shape]) => {
          const array = new Float32Array(shape.reduce((product, side) => product * side, 1));
          // Undecided until the first row says otherwise.
          return [path, path === "entropy" ? array.fill(1) : array];
        }),
      ),
    }),
    async step(row, state, part = trained) {
      if (part !== trained) checkAdapted(part, config);
      const present = new Float32Array(names.length);
      const x = Object.fromEntries(
        config.streams.map(({ name, size }, at) => {
          const features = row[name];
          if (features === undefined) return [name, new Float32Array(size)];
          if (features.length !== size)
            throw new ShapeError(
              "Inference.step",
              `${name}: expected ${size} features, got ${features.length}`,
            );
          present[at] = 1;
          return [name, features];
        }),
      );
      const result = (await compiled.run({
        x,
        present,
        head: { weight: part.headWeight, bias: part.headBias },
        memory: { exemplars: part.exemplars, exemplified: part.exemplified },
        codes: part.codes,
        state: unflattenTree([...state.arrays]),
      } as never)) as unknown as RawResult;
      return {
        outputs: readOutputs(config, present, result.answer, part.generations),
        features: readFeatures(present, result.answer),
        state: {
          arrays: new Map(
            flattenTree(result.state, isData, "Inference.step").map(([path, data]) => [
              path,
              asFloat32(path, data),
            ]),
          ),
        },
      };
    },
    async [Symbol.asyncDispose]() {
      await compiled.dispose();
    },
  };
}

interface RawResult {
  readonly answer: { readonly [name: string]: TensorData };
  readonly state: { readonly [name: string]: unknown };
}

function readOutputs(
  config: UnifiedConfig,
  present: Float32Array,
  answer: RawResult["answer"],
  generations: Int32Array,
): RowOutputs {
  const classes = config.classes.length;
  const floats = (name: string): Float32Array =>
    asFloat32(name, answer[name] ?? new Float32Array(0));
  const rowOf = (name: string, row: number, width: number): Float32Array =>
    floats(name).slice(row * width, (row + 1) * width);
  const codes = asInt32("code", answer["code"] ?? new Int32Array(0));
  const here = [...present.keys()].filter((at) => present[at] === 1);
  const nameOf = (at: number): string => config.streams[at]?.name ?? "";

  if (here.length === 0)
    return {
      streams: {},
      logProbabilities: logPrior(config.prior),
      subsets: [],
    };
  const everything = here.reduce((mask, at) => mask | (1 << at), 0);
  const shares = rowOf("weights", everything - 1, present.length);
  const streams = Object.fromEntries(
    here.map((at): [string, StreamReading] => [
      nameOf(at),
      {
        code: codes[at] ?? 0,
        ...generationOf(generations[codes[at] ?? 0]),
        distance: floats("distance")[at] ?? 0,
        margin: floats("margin")[at] ?? 0,
        embedding: rowOf("embedding", at, config.embedding),
        logProbabilities: rowOf("streamLogProbabilities", at, classes),
        weight: shares[at] ?? 0,
      },
    ]),
  );
  const subsets = Array.from({ length: everything }, (_, index) => index + 1)
    .filter((mask) => (mask & everything) === mask)
    .map((mask) => ({
      streams: here.filter((at) => (mask >> at) & 1).map(nameOf),
      logProbabilities: rowOf("subsetLogProbabilities", mask - 1, classes),
    }));
  return {
    streams,
    joint: rowOf("joint", everything - 1, config.embedding),
    logProbabilities: rowOf("subsetLogProbabilities", everything - 1, classes),
    subsets,
  };
}

function generationOf(generation = 0): Pick<StreamReading, "generation"> {
  return generation === 0 ? {} : { generation };
}

function readFeatures(present: Float32Array, answer: RawResult["answer"]): RowFeatures {
  const floats = (name: string): Float32Array =>
    asFloat32(name, answer[name] ?? new Float32Array(0));
  return {
    present,
    z: floats("z"),
    s: floats("s"),
    jointZ: floats("jointZ"),
    jointS: floats("jointS"),
  };
}

function isShape(node: object): node is readonly number[] {
  return Array.isArray(node);
}

function isData(node: object): node is TensorData {
  return ArrayBuffer.isView(node);
}
