import { ConfigError } from "../../errors.ts";
import { compile } from "../../tensor/compile.ts";
import { defineProgram } from "../../tensor/defineProgram.ts";
import type { DeviceChoice } from "../../tensor/device/Device.ts";
import { asFloat32, asInt32, type HostTree, specsOf } from "../../tensor/HostTensor.ts";
import { float32, type SpecTree } from "../../tensor/TensorSpec.ts";
import { type Tensor, tf } from "../../tensor/tf.ts";
import { codeDistances, nearestCode } from "../codebook/nearestCode.ts";
import type { CmgModel } from "./method.ts";
import { type CmgParams, encodeModality } from "./network.ts";

/** Codes of some clips of one modality. */
export interface CmgCodes {
  /** [clips · T] index of the nearest code per frame. */
  readonly index: Int32Array;
  /** [clips · T, D] semantic vectors before quantisation. */
  readonly z: Float32Array;
  /** [clips · T] ‖z − e‖ of the nearest code. */
  readonly distance: Float32Array;
}

/** A trained model's encoder of one modality, ready to run. */
export interface CmgEncoder extends AsyncDisposable {
  /** [L, D] */
  readonly codes: Float32Array;
  readonly dim: number;
  /**
   * Encodes any number of clips; the last batch is padded and cut.
   *
   * @param x [clips, T, …] row-major.
   * @throws {ConfigError} If `x` is no whole number of clips.
   */
  encode(x: Float32Array): Promise<CmgCodes>;
}

/** How an encoder is opened. */
export interface CmgEncoderOptions {
  readonly modality: string;
  /** Clips per run; the configuration's batch unless given. */
  readonly batch?: number;
  /** Frames per clip; the configuration's unless given. */
  readonly frames?: number;
  readonly device?: DeviceChoice;
  readonly threads?: number;
}

/**
 * Compiles the semantic encoder and the codebook of one modality, weights baked in.
 *
 * @throws {ConfigError} If the model has no such modality.
 */
export async function openCmgEncoder(
  { config, params, codebook }: CmgModel,
  options: CmgEncoderOptions,
): Promise<CmgEncoder> {
  const { batch = config.batch, frames = config.frames, device = "cpu", threads = 1 } = options;
  const modality = config.modalities.find(({ name }) => name === options.modality);
  const weights = params.encoders[options.modality];
  if (modality === undefined || weights === undefined)
    throw new ConfigError("openCmgEncoder", `expected a modality, got ${options.modality}`);
  const { input } = modality;
  const frame = input.kind === "map" ? [input.side, input.side, input.channels] : [input.size];
  const clip = frames * frame.reduce((product, side) => product * side, 1);
  const recurrent = params.recurrent?.[modality.name];
  const own = {
    encoders: { [modality.name]: weights },
    ...(recurrent !== undefined && { recurrent: { [modality.name]: recurrent } }),
  } as unknown as HostTree;
  const { dim } = config.codebook;

  const program = defineProgram({
    name: `encode-${modality.name}`,
    inputs: {
      params: specsOf(own) as SpecTree,
      codes: specsOf({ codes: codebook.codes }) as SpecTree,
      x: float32([batch, frames, ...frame]),
    },
    body: ({ params, codes, x }) => {
      const table = codes["codes"] as Tensor;
      const { z } = encodeModality(params as unknown as CmgParams<Tensor>, modality, x);
      const flat = tf.reshape(z, [batch * frames, dim]);
      return {
        z: flat,
        index: tf.cast(nearestCode(flat, table), "int32"),
        distance: tf.sqrt(tf.min(codeDistances(flat, table), 1)),
      };
    },
  });
  const compiled = await compile(program, {
    device,
    threads,
    constants: { params: own, codes: { codes: codebook.codes } } as never,
  });

  return {
    codes: codebook.codes.data,
    dim,
    async encode(x) {
      const clips = x.length / clip;
      if (!Number.isInteger(clips))
        throw new ConfigError("CmgEncoder", `expected clips of ${clip} numbers, got ${x.length}`);
      const index = new Int32Array(clips * frames);
      const z = new Float32Array(clips * frames * dim);
      const distance = new Float32Array(clips * frames);
      for (let first = 0; first < clips; first += batch) {
        const held = Math.min(batch, clips - first);
        const feed = new Float32Array(batch * clip);
        feed.set(x.subarray(first * clip, (first + held) * clip));
        const part = await compiled.run({ x: feed } as never);
        const rows = held * frames;
        index.set(asInt32("index", part.index).subarray(0, rows), first * frames);
        z.set(asFloat32("z", part.z).subarray(0, rows * dim), first * frames * dim);
        distance.set(asFloat32("distance", part.distance).subarray(0, rows), first * frames);
      }
      return { index, z, distance };
    },
    async [Symbol.asyncDispose]() {
      await compiled.dispose();
    },
  };
}
