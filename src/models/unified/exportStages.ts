import { defineProgram } from "../../tensor/defineProgram.ts";
import { exportOnnx } from "../../tensor/exportOnnx.ts";
import { specsOf } from "../../tensor/HostTensor.ts";
import { float32, type SpecTree } from "../../tensor/TensorSpec.ts";
import { type Tensor, tf } from "../../tensor/tf.ts";
import type { StreamConfig, UnifiedConfig } from "./config.ts";
import { fuse } from "./fuse.ts";
import { answerOf } from "./inferRow.ts";
import { type Caches, cacheShapes, encodeJoint, encodeStream, project } from "./network.ts";
import type { StreamParams, UnifiedParams } from "./params.ts";
import type { DecodedWeights } from "./weights.ts";

/** The files of an exported model, by name. */
export type ExportedStages = Readonly<Record<string, Uint8Array>>;

/**
 * A trained model as plain ONNX files, one for each stage of a row:
 *
 *     encoder-<stream>.onnx   x [1, 1, size], present [1], caches/… → rows [1, 1, width], z, s, caches
 *     joint.onnx              rows/<stream>, present/<stream> [1], caches/… → z, s, caches
 *     head-<stream>.onnx, head-joint.onnx
 *                             z [1, D], s [1, specific] → code, distance, margin, logProbabilities, embedding
 *     fusion.onnx             streams [S, classes], joint [1, classes], present [S], entropy [S]
 *                             → logProbabilities [1, classes], weights [1, S], entropy
 *
 * Outputs with the name of an input end in ":next": caches and entropies, to be handed in with the next row.
 * They begin as zeros, the entropies as ones. A stream that is missing has present 0, and its answer is
 * not to be used; the joint is shown those that are present.
 */
export function exportStages(weights: DecodedWeights): ExportedStages {
  const { config, params, codes, version, provenance } = weights;
  const metadata = { ...provenance, version, config: JSON.stringify(config) };
  const files: Record<string, Uint8Array> = {};
  for (const stream of config.streams) {
    const own = params.streams[stream.name];
    if (own === undefined) continue;
    files[`encoder-${stream.name}.onnx`] = exportOnnx(encoderProgram(config, stream, own), {
      constants: { params: own } as never,
      metadata,
    });
    files[`head-${stream.name}.onnx`] = exportHead(weights, stream.name, metadata);
  }
  files["joint.onnx"] = exportOnnx(jointProgram(config, params.joint), {
    constants: { params: params.joint } as never,
    metadata,
  });
  files["head-joint.onnx"] = exportHead({ config, params, codes }, "joint", metadata);
  files["fusion.onnx"] = exportOnnx(fusionProgram(config), { metadata });
  return files;
}

function cacheSpecs(config: UnifiedConfig, dilations: readonly number[]): SpecTree {
  return Object.fromEntries(
    Object.entries(cacheShapes(1, config.width, dilations)).map(([position, shape]) => [
      position,
      float32(shape),
    ]),
  );
}

function encoderProgram(config: UnifiedConfig, stream: StreamConfig, params: object) {
  return defineProgram({
    name: `encoder-${stream.name}`,
    inputs: {
      params: specsOf(params as never) as SpecTree,
      x: float32([1, 1, stream.size]),
      present: float32([1]),
      caches: cacheSpecs(config, stream.dilations),
    },
    body: (inputs) => {
      const { rows, z, s, caches } = encodeStream(
        inputs.params as unknown as StreamParams<Tensor>,
        stream,
        inputs.x,
        tf.reshape(inputs.present, [1, 1]),
        inputs.caches as unknown as Caches,
      );
      return { rows, z, s, caches };
    },
  });
}

function jointProgram(config: UnifiedConfig, params: object) {
  const perStream = (shape: readonly number[]): SpecTree =>
    Object.fromEntries(config.streams.map(({ name }) => [name, float32(shape)]));
  return defineProgram({
    name: "joint",
    inputs: {
      params: specsOf(params as never) as SpecTree,
      rows: perStream([1, 1, config.width]),
      present: perStream([1]),
      caches: cacheSpecs(config, config.jointDilations),
    },
    body: (inputs) => {
      const given = inputs as unknown as {
        readonly rows: Readonly<Record<string, Tensor>>;
        readonly present: Readonly<Record<string, Tensor>>;
      };
      const names = config.streams.map(({ name }) => name);
      const { z, s, caches } = encodeJoint(
        inputs.params as unknown as UnifiedParams<Tensor>["joint"],
        config,
        names.map((name) => given.rows[name] ?? tf.zeros([1, 1, config.width])),
        names.map((name) => tf.reshape(given.present[name] ?? tf.zeros([1]), [1, 1])),
        inputs.caches as unknown as Caches,
      );
      return { z, s, caches };
    },
  });
}

function exportHead(
  { config, params, codes }: Pick<DecodedWeights, "config" | "params" | "codes">,
  name: string,
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const { head, projection } = params;
  const program = defineProgram({
    name: `head-${name}`,
    inputs: {
      head: specsOf(head) as SpecTree,
      projection: specsOf(projection) as SpecTree,
      codes: float32([config.codes, config.codeDim]),
      z: float32([1, config.codeDim]),
      s: float32([1, config.specific]),
    },
    body: (inputs) => {
      const given = inputs as unknown as {
        readonly head: UnifiedParams<Tensor>["head"];
        readonly projection: UnifiedParams<Tensor>["projection"];
      };
      const branches = { z: inputs.z as Tensor, s: inputs.s as Tensor };
      const { index, ...rest } = answerOf(given, inputs.codes, config, branches, [name]);
      return { code: index, ...rest, embedding: project(given.projection, branches.z) };
    },
  });
  return exportOnnx(program, { constants: { head, projection, codes } as never, metadata });
}

function fusionProgram(config: UnifiedConfig) {
  const [S, classes] = [config.streams.length, config.classes.length];
  return defineProgram({
    name: "fusion",
    inputs: {
      streams: float32([S, classes]),
      joint: float32([1, classes]),
      present: float32([S]),
      entropy: float32([S]),
    },
    body: ({ streams, joint, present, entropy }) => ({
      ...fuse(streams, joint, present, entropy, tf.ones([1, S]), config.fusion),
    }),
  });
}
