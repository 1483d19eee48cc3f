import type { Rng } from "../../../src/sensing.ts";

/** A sound of speech: how long (ms), its first two resonances (Hz), and how much is hiss (0 to 1). */
type Sound = readonly [ms: number, first: number, second: number, hiss: number];

/** The English digits, as coarsely as two resonances tell them. */
const DIGITS: readonly (readonly Sound[])[] = [
  [
    [90, 300, 3_500, 0.9],
    [110, 400, 2_000, 0],
    [60, 400, 1_300, 0.1],
    [160, 500, 900, 0],
  ],
  [
    [80, 300, 700, 0],
    [180, 650, 1_200, 0],
    [120, 300, 1_500, 0.1],
  ],
  [
    [60, 400, 3_800, 1],
    [240, 320, 900, 0],
  ],
  [
    [110, 300, 3_600, 0.6],
    [60, 450, 1_300, 0.1],
    [190, 300, 2_300, 0],
  ],
  [
    [120, 900, 3_500, 0.7],
    [220, 550, 850, 0],
    [60, 450, 1_300, 0],
  ],
  [
    [110, 900, 3_500, 0.7],
    [110, 750, 1_200, 0],
    [120, 400, 2_000, 0],
    [70, 300, 1_500, 0.4],
  ],
  [
    [130, 500, 4_500, 1],
    [110, 400, 2_000, 0],
    [50, 0, 0, 0],
    [130, 500, 4_500, 1],
  ],
  [
    [120, 500, 4_500, 1],
    [110, 550, 1_800, 0],
    [70, 350, 1_200, 0.3],
    [120, 400, 1_500, 0.1],
  ],
  [
    [170, 450, 2_200, 0],
    [70, 0, 0, 0],
    [50, 500, 3_800, 1],
  ],
  [
    [80, 300, 1_500, 0.1],
    [180, 700, 1_300, 0],
    [90, 400, 2_100, 0],
    [80, 300, 1_500, 0.1],
  ],
];

const RATE = 16_000;

/** A digit said by a voice of its own pitch, throat and pace: 16 kHz, [-1, 1]. */
export function spoken(digit: number, rng: Rng): Float32Array {
  const [pitch, throat, pace] = [
    rng.uniform(90, 200),
    rng.uniform(0.88, 1.15),
    rng.uniform(0.85, 1.2),
  ];
  const sounds = DIGITS[digit] ?? [];
  const lengths = sounds.map(([ms]) => Math.round((pace * ms * RATE) / 1_000));
  const pcm = new Float32Array(lengths.reduce((sum, length) => sum + length, 0));
  const [low, high] = [resonator(80), resonator(140)];
  let [at, phase] = [0, 0];
  for (const [index, [, first, second, hiss]] of sounds.entries()) {
    const length = lengths[index] ?? 0;
    const next = sounds[index + 1];
    for (let i = 0; i < length; i++, at++) {
      // The mouth is on its way to the next sound in the last third of this one.
      const share = next === undefined ? 0 : Math.max(0, (3 * i) / length - 2) / 2;
      const way = (a: number, b = a): number => throat * ((1 - share) * a + share * (b || a));
      phase += pitch / RATE;
      const pulse = phase >= 1 ? 1 : 0;
      phase -= pulse;
      const isSilent = first === 0;
      const source = isSilent ? 0 : (1 - hiss) * (pulse * 8 - 0.1) + hiss * rng.normal(0, 0.6);
      const edge = Math.min(1, i / 80, (length - i) / 80);
      pcm[at] =
        edge *
        (low(source, way(first || 500, next?.[1])) +
          0.6 * high(source, way(second || 1_500, next?.[2])));
    }
  }
  const loudest = pcm.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-6);
  return pcm.map((value) => value / loudest);
}

/** One resonance of a throat: two poles at a frequency that may move. */
function resonator(width: number): (source: number, frequency: number) => number {
  const radius = Math.exp((-Math.PI * width) / RATE);
  let [one, two] = [0, 0];
  return (source, frequency) => {
    const turn = 2 * radius * Math.cos((2 * Math.PI * frequency) / RATE);
    const value = (1 - radius) * source + turn * one - radius * radius * two;
    [one, two] = [value, one];
    return value;
  };
}
