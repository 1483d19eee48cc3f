import { createHash } from "node:crypto";

import { ModelError } from "../../errors.ts";
import { type AdaptedPart, adaptedShapes, sameHeads } from "../../models/unified/adapted.ts";
import type { UnifiedConfig } from "../../models/unified/config.ts";
import { noExemplars } from "../../models/unified/exemplars.ts";
import { type HostTensor, hostTensor } from "../../tensor/HostTensor.ts";
import { decodeSafetensors, encodeSafetensors } from "../../tensor/safetensors.ts";

const FORMAT = "sensorium-learnt-2";
/** Of logs from before every stream had a head of its own. */
const ONE_HEAD = "sensorium-learnt-1";
const NAMES = {
  headWeight: "head/weight",
  headBias: "head/bias",
  exemplars: "exemplars/features",
  exemplified: "exemplars/classes",
  codes: "codebook/codes",
  generations: "codebook/generations",
} as const;

/** Where a learnt version comes from. */
export interface Lineage {
  /** Version of the weights whose encoders it goes with. */
  readonly base: string;
  /** Version it was learnt from. */
  readonly parent: string;
  /** Rows seen and labels learnt until then, those of this learner's whole life. */
  readonly rows: number;
  readonly labels: number;
}

/** A learnt version as it lies in the log. */
export interface LearntVersion {
  /** `<base>+<first 8 hex digits of the bytes' SHA-256>`: two of one version are equal. */
  readonly version: string;
  readonly part: AdaptedPart;
  readonly lineage: Lineage;
  /** The whole file. */
  readonly bytes: Uint8Array;
}

/**
 * Packs learnt heads and codebook as a safetensors file; the same content gives the same bytes, and so the
 * same version.
 */
export function encodeLearnt(
  part: AdaptedPart,
  config: UnifiedConfig,
  lineage: Lineage,
): LearntVersion {
  const shapes = adaptedShapes(config);
  const bytes = encodeSafetensors(
    {
      head: {
        weight: hostTensor(part.headWeight, shapes.headWeight),
        bias: hostTensor(part.headBias, shapes.headBias),
      },
      exemplars: {
        features: hostTensor(part.exemplars, shapes.exemplars),
        classes: hostTensor(part.exemplified, shapes.exemplified),
      },
      codebook: {
        codes: hostTensor(part.codes, shapes.codes),
        generations: hostTensor(part.generations, shapes.generations),
      },
    },
    { format: FORMAT, ...lineage, rows: String(lineage.rows), labels: String(lineage.labels) },
  );
  return { version: versionOf(lineage.base, bytes), part, lineage, bytes };
}

/**
 * Reads what `encodeLearnt` packed.
 *
 * @throws {ModelError} If the bytes are none of ours, or do not fit the configuration.
 */
export function decodeLearnt(bytes: Uint8Array, config: UnifiedConfig): LearntVersion {
  const plain = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { tensors, metadata } = decodeSafetensors(plain);
  const { format, base, parent, rows, labels } = metadata;
  const hasOneHead = format === ONE_HEAD;
  if (!(format === FORMAT || hasOneHead) || base === undefined || parent === undefined)
    throw new ModelError("decodeLearnt", `expected format ${FORMAT}, got ${String(format)}`);
  const shapes = adaptedShapes(config);
  const pick = <D extends "float32" | "int32">(
    name: keyof AdaptedPart,
    dtype: D,
  ): HostTensor<D>["data"] => {
    const tensor = tensors.get(NAMES[name]);
    const shape = hasOneHead && name.startsWith("head") ? shapes[name].slice(1) : shapes[name];
    if (tensor?.dtype !== dtype || tensor.shape.join() !== shape.join())
      throw new ModelError(
        "decodeLearnt",
        `${NAMES[name]}: expected ${dtype} [${shape}], got ${tensor?.dtype} [${tensor?.shape}]`,
      );
    return tensor.data as HostTensor<D>["data"];
  };
  const [headWeight, headBias] = [pick("headWeight", "float32"), pick("headBias", "float32")];
  return {
    version: versionOf(base, plain),
    part: {
      ...(hasOneHead
        ? { ...sameHeads(headWeight, headBias, config), ...noExemplars(config) }
        : {
            headWeight,
            headBias,
            exemplars: pick("exemplars", "float32"),
            exemplified: pick("exemplified", "float32"),
          }),
      codes: pick("codes", "float32"),
      generations: pick("generations", "int32"),
    },
    lineage: { base, parent, rows: Number(rows), labels: Number(labels) },
    bytes: plain,
  };
}

function versionOf(base: string, bytes: Uint8Array): string {
  return `${base}+${createHash("sha256").update(bytes).digest("hex").slice(0, 8)}`;
}
