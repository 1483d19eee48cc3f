import { createHash } from "node:crypto";

import { ConfigError, ModelError } from "../../errors.ts";
import { type HostTensor, type HostTree, isHostTensor } from "../../tensor/HostTensor.ts";
import { decodeSafetensors, encodeSafetensors } from "../../tensor/safetensors.ts";
import { flattenTree, unflattenTree } from "../../tensor/tree.ts";
import { checkConfig, type UnifiedConfig } from "./config.ts";
import { initParams, type UnifiedParams } from "./params.ts";

type Host = HostTensor<"float32">;

/** A trained live model: everything that inference needs. */
export interface UnifiedWeights {
  readonly config: UnifiedConfig;
  readonly params: UnifiedParams<Host>;
  /** [K, D] */
  readonly codes: Host;
  /** Free text about where it comes from: command, seed, data, date, scores. */
  readonly provenance: Readonly<Record<string, string>>;
}

/** Weights as they lie in a file. */
export interface DecodedWeights extends UnifiedWeights {
  /** `<name>-<first 12 hex digits of the file's SHA-256>`: two files of one version are equal. */
  readonly version: string;
}

const FORMAT = "sensorium-unified-1";
const CODES = "codebook/codes";

/** Writes weights as a safetensors file, the configuration in its metadata as JSON. */
export function encodeWeights({ config, params, codes, provenance }: UnifiedWeights): Uint8Array {
  return encodeSafetensors(
    { params, codebook: { codes } },
    { ...provenance, format: FORMAT, config: JSON.stringify(config) },
  );
}

/**
 * Reads weights and checks that every tensor that the configuration calls for is there in its shape.
 *
 * @param name First part of the version.
 * @throws {ModelError} If the file is none of ours, or its tensors are not those of its configuration.
 */
export function decodeWeights(bytes: Uint8Array, name = "unified"): DecodedWeights {
  // A Node Buffer slices without copying, which the decoder counts on.
  const plain = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { tensors, metadata } = decodeSafetensors(plain);
  const { format, config: json, ...provenance } = metadata;
  if (format !== FORMAT || json === undefined)
    throw new ModelError("decodeWeights", `expected format ${FORMAT}, got ${String(format)}`);
  const config = readConfig(json);
  // The draws do not matter: only names and shapes of a fresh model are used.
  const expected = flattenTree({ params: initParams(config, () => 0.5) }, isHost, "decodeWeights");
  const leaves = expected.map(([path, { shape }]): [string, Host] => [
    path,
    pick(tensors, path, shape),
  ]);
  const tree = unflattenTree(leaves) as unknown as { params: UnifiedParams<Host> };
  const digest = createHash("sha256").update(bytes).digest("hex");
  return {
    config,
    params: tree.params,
    codes: pick(tensors, CODES, [config.codes, config.codeDim]),
    provenance,
    version: `${name}-${digest.slice(0, 12)}`,
  };
}

function readConfig(json: string): UnifiedConfig {
  try {
    return checkConfig(JSON.parse(json) as UnifiedConfig);
  } catch (cause) {
    if (
      !(cause instanceof ConfigError || cause instanceof SyntaxError || cause instanceof TypeError)
    )
      throw cause;
    throw new ModelError("decodeWeights", `expected a configuration, got: ${cause.message}`, {
      cause,
    });
  }
}

function pick(
  tensors: ReadonlyMap<string, HostTensor>,
  path: string,
  shape: readonly number[],
): Host {
  const tensor = tensors.get(path);
  if (tensor?.dtype !== "float32" || tensor.shape.join() !== shape.join())
    throw new ModelError(
      "decodeWeights",
      `${path}: expected float32 [${shape}], got ${tensor?.dtype} [${tensor?.shape}]`,
    );
  return tensor as Host;
}

function isHost(node: object): node is Host {
  return isHostTensor(node as HostTensor | HostTree);
}
