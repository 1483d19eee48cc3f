import type { Rng } from "../../src/sensing.ts";
import { SPOKEN_RATE } from "./say.ts";

/** Resonances and holes of a microphone and a room. */
const COLOURS = 3;
/** Speech over noise of the line, in dB. */
const NOISE_DB = [15, 45] as const;

/**
 * What is left of a voice behind a microphone, a room and a line drawn at random: coloured, band-limited as a
 * telephone's, with noise under it.
 *
 * @param sound 16 kHz; not changed.
 * @returns As long, the loudest sample 1 or −1.
 *
 * Filters: Bristow-Johnson, "Cookbook formulae for audio EQ biquad filter coefficients".
 */
export function overLine(sound: Float32Array, rng: Rng): Float32Array {
  let heard = sound;
  for (let each = 0; each < COLOURS; each++) {
    const gain = rng.uniform(-8, 8);
    heard = filtered(heard, peaking(200 * 19 ** rng.uniform(), rng.uniform(0.7, 3), gain));
  }
  heard = filtered(heard, lowShelf(700, rng.uniform(-8, 8)));
  heard = filtered(heard, highPass(rng.uniform(50, 300)));
  heard = filtered(heard, lowPass(rng.uniform(3_000, 4_000)));
  const noise = lineNoise(heard.length, rng);
  const level = (rms(heard) / Math.max(rms(noise), 1e-9)) * 10 ** (-rng.uniform(...NOISE_DB) / 20);
  const mixed = heard.map((value, at) => value + level * (noise[at] ?? 0));
  const loudest = mixed.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-9);
  return mixed.map((value) => value / loudest);
}

/** Noise whose highs are drawn down by as much as is drawn. */
function lineNoise(length: number, rng: Rng): Float32Array {
  const pole = rng.uniform(0, 0.95);
  let last = 0;
  return Float32Array.from({ length }, () => {
    last = pole * last + rng.normal();
    return last;
  });
}

/** b0, b1, b2, a1, a2 of a filter of two poles and two zeros; a0 is 1. */
type Biquad = readonly [b0: number, b1: number, b2: number, a1: number, a2: number];

function filtered(sound: Float32Array, [b0, b1, b2, a1, a2]: Biquad): Float32Array {
  let [x1, x2, y1, y2] = [0, 0, 0, 0];
  return sound.map((x) => {
    const y = b0 * x + b1 * x1 + b2 * x2 - a1 * y1 - a2 * y2;
    [x2, x1, y2, y1] = [x1, x, y1, y];
    return y;
  });
}

function peaking(frequency: number, q: number, gainDb: number): Biquad {
  const { cos, alpha } = angles(frequency, q);
  const a = 10 ** (gainDb / 40);
  return scaled(1 + alpha / a, [1 + alpha * a, -2 * cos, 1 - alpha * a, -2 * cos, 1 - alpha / a]);
}

function lowShelf(frequency: number, gainDb: number): Biquad {
  const { cos, alpha } = angles(frequency, Math.SQRT1_2);
  const a = 10 ** (gainDb / 40);
  const root = 2 * Math.sqrt(a) * alpha;
  const [more, less] = [a + 1, a - 1];
  return scaled(more + less * cos + root, [
    a * (more - less * cos + root),
    2 * a * (less - more * cos),
    a * (more - less * cos - root),
    -2 * (less + more * cos),
    more + less * cos - root,
  ]);
}

function highPass(frequency: number): Biquad {
  const { cos, alpha } = angles(frequency, Math.SQRT1_2);
  const half = (1 + cos) / 2;
  return scaled(1 + alpha, [half, -2 * half, half, -2 * cos, 1 - alpha]);
}

function lowPass(frequency: number): Biquad {
  const { cos, alpha } = angles(frequency, Math.SQRT1_2);
  const half = (1 - cos) / 2;
  return scaled(1 + alpha, [half, 2 * half, half, -2 * cos, 1 - alpha]);
}

function angles(frequency: number, q: number): { cos: number; alpha: number } {
  const angle = (2 * Math.PI * frequency) / SPOKEN_RATE;
  return { cos: Math.cos(angle), alpha: Math.sin(angle) / (2 * q) };
}

function scaled(a0: number, [b0, b1, b2, a1, a2]: Biquad): Biquad {
  return [b0 / a0, b1 / a0, b2 / a0, a1 / a0, a2 / a0];
}

function rms(sound: Float32Array): number {
  return Math.sqrt(
    sound.reduce((sum, value) => sum + value * value, 0) / Math.max(sound.length, 1),
  );
}
