import type { Rng } from "../../tensor/Rng.ts";
import { sizeOfShape } from "../../tensor/TensorSpec.ts";
import { featureSize, type GmcConfig } from "./config.ts";

/** Features that dropout masks, by modality: in the base encoder, and in the joint encoder's row. */
export interface MaskSizes {
  readonly modalities: Readonly<Record<string, number>>;
  /** In the order of the joint's concatenation. */
  readonly joint: readonly number[];
}

/** Undefined where nothing is dropped. */
export function maskSizes(config: GmcConfig): MaskSizes | undefined {
  if ((config.dropout ?? 0) === 0 && (config.modalityDropout ?? 0) === 0) return undefined;
  return {
    modalities: Object.fromEntries(
      config.modalities.map((modality) => [modality.name, featureSize(modality)]),
    ),
    joint: config.modalities.map((modality) =>
      modality.joint === "raw" ? sizeOfShape(modality.shape) : featureSize(modality),
    ),
  };
}

/** Dropout factors of a batch, scaled to keep the mean; see `GmcConfig`. */
export function drawMasks(config: GmcConfig, sizes: MaskSizes, batch: number, rng: Rng) {
  const { dropout = 0, modalityDropout = 0 } = config;
  const width = sizes.joint.reduce((sum, size) => sum + size, 0);
  const joint = drawMask(rng, batch * width, dropout);
  for (let row = 0; row < batch; row++) {
    const kept = drawKept(rng, sizes.joint.length, modalityDropout);
    const share = kept.filter(Boolean).length / kept.length;
    let at = row * width;
    sizes.joint.forEach((size, m) => {
      for (let i = at; i < at + size; i++) joint[i] = kept[m] ? (joint[i] ?? 0) / share : 0;
      at += size;
    });
  }
  return {
    joint,
    modalities: Object.fromEntries(
      Object.entries(sizes.modalities).map(([name, size]) => [
        name,
        drawMask(rng, batch * size, dropout),
      ]),
    ),
  };
}

function drawMask(rng: Rng, size: number, dropout: number): Float32Array {
  const factor = 1 / (1 - dropout);
  return Float32Array.from({ length: size }, () => (rng.uniform() < dropout ? 0 : factor));
}

/** Which modalities stay, at least one. */
function drawKept(rng: Rng, count: number, dropout: number): readonly boolean[] {
  const kept = Array.from({ length: count }, () => rng.uniform() >= dropout);
  if (!kept.includes(true)) kept[rng.int(0, count)] = true;
  return kept;
}
