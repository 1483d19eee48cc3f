import type { StreamConfig, UnifiedConfig } from "../../../models/unified/config.ts";
import { UTD_SIZES } from "./utdClips.ts";

/** A small live model for UTD-MHAD as a stream: wrist or thigh sensor and skeleton. */
export function bodyModel(classes: readonly string[]): UnifiedConfig {
  const all = ["nothing", ...classes];
  return {
    ...SMALL,
    streams: [stream("inertial", UTD_SIZES.inertial), stream("skeleton", UTD_SIZES.skeleton)],
    classes: all,
    prior: all.map((_, at) => (at === 0 ? 1e-3 : (1 - 1e-3) / classes.length)),
    lookAheadRows: 0,
    rowMicros: 80_000,
    fusion: { sharpness: 8, smoothingRows: 6 },
  };
}

/** A small live model for GRID as a stream: sound and lips. */
export function speechModel(classes: readonly string[]): UnifiedConfig {
  const lips = { channels: 3, rows: 20, columns: 28 };
  return {
    ...SMALL,
    streams: [
      stream("audio", 160),
      {
        ...stream("video", lips.channels * lips.rows * lips.columns),
        front: { kind: "image", ...lips, patch: 4, filters: 24 },
      },
    ],
    classes,
    prior: classes.map(() => 1 / classes.length),
    lookAheadRows: 3,
    rowMicros: 40_000,
    fusion: { sharpness: 8, smoothingRows: 12.5 },
  };
}

const SMALL = {
  width: 64,
  codeDim: 32,
  codes: 128,
  specific: 64,
  embedding: 32,
  jointDilations: [1, 2],
} as const;

function stream(name: string, size: number): StreamConfig {
  return { name, size, front: { kind: "vector" }, dilations: [1, 2, 4, 8] };
}
