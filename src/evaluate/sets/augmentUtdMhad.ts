import { ConfigError } from "../../errors.ts";
import { type HostTensor, hostTensor } from "../../tensor/HostTensor.ts";
import type { Rng } from "../../tensor/Rng.ts";

/** How far the inputs of a clip are moved; every amount is drawn anew for each clip. */
export interface UtdAugmentation {
  /** Shortest share of the clip's time that is kept and stretched; 1 keeps all. */
  readonly crop: number;
  /** Deviation of the factor on sizes: accelerations, limbs, distances. */
  readonly gain: number;
  /** Deviation of the noise on standardised inertial values; on skeletons a tenth of it. */
  readonly noise: number;
  /** Largest turn of skeleton and sensor about the vertical, in degrees. */
  readonly turn: number;
  /** Largest shift of the depth picture, in its pixels. */
  readonly shift: number;
}

/** What raised accuracy on new people. */
export const UTD_AUGMENTATION: UtdAugmentation = {
  crop: 0.8,
  gain: 0.15,
  noise: 0.1,
  turn: 20,
  shift: 2,
};

type Batch = Readonly<Record<string, HostTensor<"float32">>>;

/**
 * Clips as another person at another place might have given them: cropped in time, scaled, turned about
 * the vertical, shifted, with noise. All modalities of a clip share the crop, as they share the moment.
 *
 * @param inputs Any of `inertial` [N, 64, 6], `skeleton` [N, 32, 60], `depth` [N, 16, 30, 28, 4], as
 *   `readUtdMhad` gives them; depth pictures may be of another size. Not changed.
 * @returns New tensors of the same shapes.
 * @throws {ConfigError} If there is an input of another name.
 */
export function augmentUtdMhad(
  inputs: Batch,
  rng: Rng,
  augmentation: UtdAugmentation = UTD_AUGMENTATION,
): Record<string, HostTensor<"float32">> {
  const first = Object.values(inputs)[0];
  const count = first?.shape[0] ?? 0;
  const crops = Array.from({ length: count }, () => {
    const share = rng.uniform(augmentation.crop, 1);
    return { from: rng.uniform(0, 1 - share), share };
  });
  const out: Record<string, HostTensor<"float32">> = {};
  for (const [name, tensor] of Object.entries(inputs)) {
    const change = CHANGES[name];
    if (change === undefined)
      throw new ConfigError(
        "augmentUtdMhad",
        `expected inputs ${Object.keys(CHANGES).join(", ")}, got ${name}`,
      );
    const [, rows = 1] = tensor.shape;
    const size = tensor.data.length / Math.max(1, count);
    const data = new Float32Array(tensor.data.length);
    for (const [clip, crop] of crops.entries()) {
      const source = tensor.data.subarray(clip * size, (clip + 1) * size);
      const target = data.subarray(clip * size, (clip + 1) * size);
      stretch(source, target, rows, crop);
      change(target, rng, augmentation, tensor.shape);
    }
    out[name] = hostTensor(data, tensor.shape);
  }
  return out;
}

type Change = (
  clip: Float32Array,
  rng: Rng,
  augmentation: UtdAugmentation,
  shape: readonly number[],
) => void;

const CHANGES: Readonly<Record<string, Change>> = {
  inertial: (clip, rng, { gain, noise, turn }) => {
    // The strap sits a little differently each time: accelerometer and gyroscope turn together.
    const spin = rotation(rng, turn);
    const size = factor(rng, gain);
    for (let at = 0; at + 5 < clip.length; at += 6) {
      spin(clip, at, at + 1);
      spin(clip, at + 3, at + 4);
    }
    for (let at = 0; at < clip.length; at++)
      clip[at] = (clip[at] ?? 0) * size + rng.normal(0, noise);
  },
  skeleton: (clip, rng, { gain, noise, turn }) => {
    const spin = rotation(rng, turn); // y is up: x and z turn
    const size = factor(rng, gain);
    for (let at = 0; at + 2 < clip.length; at += 3) spin(clip, at, at + 2);
    for (let at = 0; at < clip.length; at++)
      clip[at] = (clip[at] ?? 0) * size + rng.normal(0, noise / 10);
  },
  depth: (clip, rng, { gain, shift }, [, , height = 0, width = 0, channels = 0]) => {
    const size = { height, width, channels };
    shiftPictures(clip, size, rng.int(-shift, shift + 1), rng.int(-shift, shift + 1));
    const gained = factor(rng, gain);
    // Channels 0 and 2 are distances, 1 and 3 whether there is a reading.
    for (let at = 0; at < clip.length; at += 2) clip[at] = (clip[at] ?? 0) * gained;
  },
};

/** Never so small or so large that the clip is another one. */
function factor(rng: Rng, deviation: number): number {
  return Math.min(Math.max(rng.normal(1, deviation), 0.5), 1.5);
}

/** Turns pairs of numbers in place by one angle drawn from ±`degrees`. */
function rotation(rng: Rng, degrees: number) {
  const angle = (rng.uniform(-degrees, degrees) * Math.PI) / 180;
  const [cosine, sine] = [Math.cos(angle), Math.sin(angle)];
  return (values: Float32Array, first: number, second: number): void => {
    const [a, b] = [values[first] ?? 0, values[second] ?? 0];
    values[first] = cosine * a - sine * b;
    values[second] = sine * a + cosine * b;
  };
}

/** Fills `target` with the part of `source` from `from` on, interpolated to as many rows. */
function stretch(
  source: Float32Array,
  target: Float32Array,
  rows: number,
  { from, share }: { readonly from: number; readonly share: number },
): void {
  const width = source.length / rows;
  for (let row = 0; row < rows; row++) {
    const at = (from + (share * row) / Math.max(rows - 1, 1)) * (rows - 1);
    const before = Math.min(Math.floor(at), rows - 1);
    const after = Math.min(before + 1, rows - 1);
    const weight = at - before;
    for (let k = 0; k < width; k++)
      target[row * width + k] =
        (source[before * width + k] ?? 0) * (1 - weight) +
        (source[after * width + k] ?? 0) * weight;
  }
}

interface PictureSize {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/** Moves every picture of a clip, zeros coming in from the border. */
function shiftPictures(
  clip: Float32Array,
  { height, width, channels }: PictureSize,
  down: number,
  right: number,
): void {
  if (down === 0 && right === 0) return;
  const size = height * width * channels;
  for (let start = 0; start < clip.length; start += size) {
    const old = clip.slice(start, start + size);
    const picture = clip.subarray(start, start + size).fill(0);
    for (let row = 0; row < height; row++) {
      const fromRow = row - down;
      if (fromRow < 0 || fromRow >= height) continue;
      const [to, from] = right >= 0 ? [right, 0] : [0, -right];
      const shown = width - Math.abs(right);
      const line = old.subarray(
        (fromRow * width + from) * channels,
        (fromRow * width + from + shown) * channels,
      );
      picture.set(line, (row * width + to) * channels);
    }
  }
}
