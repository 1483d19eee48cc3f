import { fitPca, type Pca } from "../../../baselines/pca.ts";
import type { DataSet } from "../../../DataSet.ts";
import { GRID_RATES, type GridAv, readGridAv } from "../../../sets/gridAv.ts";
import type { TransferPart, TransferParts } from "../TransferBench.ts";

/** Modalities of the talking face. */
export const GRID_MODALITIES = ["audio", "lips"] as const;

/** Frames of a sentence, and what one frame shows. */
const FRAMES = 75;
const [ROWS, COLUMNS] = [20, 28] as const;
const HOPS = GRID_RATES.logMel / GRID_RATES.mouth;
const BANDS = 40;

/** Principal components of a frame, and frames that an input holds: this one and those before. */
export const GRID_FEATURES = { audio: 60, lips: 40, stack: 4 } as const;

/** Places of the mouth in augmented copies, in pixels from where it is. */
const SHIFTS = [
  [-2, 0],
  [2, 0],
  [0, -2],
  [0, 2],
] as const;

/** Projections of single frames, fitted to the training part. */
interface GridFront {
  readonly audio: Pca;
  readonly lips: Pca;
}

/**
 * Reads both parts: inputs at 25 Hz of 160 ms each, causal.
 *
 * Audio: four log-mel columns per frame, 60 components; lips: grey less the frame's mean, 40 components;
 * both whitened by one scale per modality, then stacked with the three frames before. Training lips come
 * with copies shifted by up to two pixels.
 */
export function readGridFrames(data: DataSet, split: string): Promise<TransferParts> {
  const key = `${data.directory} ${split}`;
  const parts = read.get(key) ?? readParts(data, split);
  read.set(key, parts);
  return parts;
}

/** Every trial of a thread uses the same frames; the reading takes longer than some of them. */
const read = new Map<string, Promise<TransferParts>>();

async function readParts(data: DataSet, split: string): Promise<TransferParts> {
  const train = await readGridAv(data, "train");
  const front: GridFront = {
    audio: await fitPca(train.logMel.data, HOPS * BANDS, GRID_FEATURES.audio),
    lips: await fitPca(centred(train.mouth.data), ROWS * COLUMNS, GRID_FEATURES.lips),
  };
  const test = await readGridAv(data, split);
  return { train: await framesOf(train, front, SHIFTS), test: await framesOf(test, front, []) };
}

async function framesOf(
  grid: GridAv,
  front: GridFront,
  shifts: readonly (readonly [number, number])[],
): Promise<TransferPart> {
  const lips = async (pictures: Float32Array): Promise<Float32Array> =>
    stacked(await scaled(front.lips, centred(pictures)), front.lips.components);
  const versions: Float32Array[] = [];
  for (const [right, down] of shifts)
    versions.push(await lips(shifted(grid.mouth.data, right, down)));
  return {
    clips: {
      count: grid.sentences,
      frames: FRAMES,
      modalities: {
        audio: {
          size: GRID_FEATURES.stack * front.audio.components,
          data: stacked(await scaled(front.audio, grid.logMel.data), front.audio.components),
        },
        lips: {
          size: GRID_FEATURES.stack * front.lips.components,
          data: await lips(grid.mouth.data),
          versions,
        },
      },
    },
    spans: grid.digits.map(({ sentence, fromMs, toMs, label }) => ({
      clip: sentence,
      label,
      from: (fromMs / 1000) * GRID_RATES.mouth,
      to: (toMs / 1000) * GRID_RATES.mouth,
    })),
  };
}

/** Components over the root mean square of them all: relative sizes stay. */
async function scaled(pca: Pca, rows: Float32Array): Promise<Float32Array> {
  const power = pca.variances.reduce((sum, variance) => sum + variance, 0) / pca.components;
  const scale = 1 / Math.sqrt(power);
  const projected = await pca.project(rows);
  for (let i = 0; i < projected.length; i++) projected[i] = (projected[i] ?? 0) * scale;
  return projected;
}

/** Pictures less their own mean. */
function centred(pictures: Float32Array): Float32Array {
  const size = ROWS * COLUMNS;
  const out = new Float32Array(pictures.length);
  for (let first = 0; first < pictures.length; first += size) {
    let sum = 0;
    for (let i = first; i < first + size; i++) sum += pictures[i] ?? 0;
    for (let i = first; i < first + size; i++) out[i] = (pictures[i] ?? 0) - sum / size;
  }
  return out;
}

/** Pictures moved by whole pixels; the edge repeats. */
function shifted(pictures: Float32Array, right: number, down: number): Float32Array {
  const size = ROWS * COLUMNS;
  const source = Int32Array.from({ length: size }, (_, i) => {
    const row = Math.min(Math.max(Math.floor(i / COLUMNS) - down, 0), ROWS - 1);
    const column = Math.min(Math.max((i % COLUMNS) - right, 0), COLUMNS - 1);
    return row * COLUMNS + column;
  });
  const out = new Float32Array(pictures.length);
  for (let first = 0; first < pictures.length; first += size)
    for (let i = 0; i < size; i++) out[first + i] = pictures[first + (source[i] ?? 0)] ?? 0;
  return out;
}

/** Each frame with the three before it, oldest first; before the sentence its first frame repeats. */
function stacked(rows: Float32Array, size: number): Float32Array {
  const { stack } = GRID_FEATURES;
  const out = new Float32Array(rows.length * stack);
  const count = rows.length / size;
  for (let row = 0; row < count; row++)
    for (let back = 0; back < stack; back++) {
      const from = row - Math.min(stack - 1 - back, row % FRAMES);
      out.set(rows.subarray(from * size, (from + 1) * size), (row * stack + back) * size);
    }
  return out;
}
