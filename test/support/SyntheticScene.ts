/** A word in a sentence of the scene, in ms from the sentence's start. */
export interface SceneWord {
  readonly label: string;
  readonly slot: string;
  readonly from: number;
  readonly to: number;
}

/** What a synthetic feed shows: sentences with sound and lips to draw. */
export interface Scene {
  /** Every class; the first one is silence. */
  readonly classes: readonly string[];
  readonly slots: Readonly<Record<string, readonly string[]>>;
  /** Length of every sentence, in ms. */
  readonly duration: number;
  /** Words of the sentence with this number, in order. */
  words(sentence: number): readonly SceneWord[];
  /** [40] u8 mel column at a time of a sentence, lowest band first. */
  mel(sentence: number, ms: number): Uint8Array;
  /** [560] u8 picture of 20 rows of 28 at a time of a sentence. */
  mouth(sentence: number, ms: number): Uint8Array;
}

const SLOTS = {
  command: ["bin", "lay", "place", "set"],
  colour: ["blue", "green", "red", "white"],
  preposition: ["at", "by", "in", "with"],
  letter: [..."abcdefghijklmnopqrstuvxyz"],
  digit: ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"],
  adverb: ["again", "now", "please", "soon"],
} as const;

const CLASSES = ["sil", ...Object.values(SLOTS).flat()];
const DURATIONS_MS = [280, 320, 160, 220, 360, 420];

/** A number in [0, 1) that depends on nothing but its arguments. */
export function noise(...seeds: readonly number[]): number {
  let hash = 0x811c9dc5;
  for (const seed of seeds) {
    hash = Math.imul(hash ^ (seed | 0), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    hash ^= hash >>> 16;
  }
  return (hash >>> 0) / 2 ** 32;
}

function words(sentence: number): readonly SceneWord[] {
  let from = 420;
  return Object.entries(SLOTS).map(([slot, vocabulary], index) => {
    const label = vocabulary[Math.floor(noise(sentence, index) * vocabulary.length)] ?? "sil";
    const length = (DURATIONS_MS[index] ?? 300) * (0.85 + 0.3 * noise(sentence, index, 1));
    const word = { label, slot, from, to: from + length };
    from += length;
    return word;
  });
}

function loudness(sentence: number, ms: number): { level: number; word: number; phase: number } {
  const spoken = words(sentence);
  const index = spoken.findIndex((word) => ms >= word.from && ms < word.to);
  const word = spoken[index];
  if (word === undefined) return { level: 0, word: -1, phase: 0 };
  const phase = (ms - word.from) / (word.to - word.from);
  return { level: Math.sin(Math.PI * phase) ** 0.5, word: CLASSES.indexOf(word.label), phase };
}

/** A scene drawn from formulas: bands that move like formants, and a mouth that opens with them. */
export const syntheticScene: Scene = {
  classes: CLASSES,
  slots: SLOTS,
  duration: 3_000,
  words,
  mel(sentence, ms) {
    const { level, word, phase } = loudness(sentence, ms);
    return Uint8Array.from({ length: 40 }, (_, band) => {
      let energy = 36 + 22 * noise(sentence, ms, band);
      for (let formant = 0; formant < 3; formant += 1) {
        const start = 3 + formant * 9 + 8 * noise(word, formant);
        const glide = 6 * (noise(word, formant, 7) - 0.5);
        const distance = (band - start - glide * phase) / (1.4 + formant * 0.5);
        energy += level * (190 - 40 * formant) * Math.exp(-distance * distance);
      }
      return Math.max(0, Math.min(255, energy));
    });
  },
  mouth(sentence, ms) {
    const { level, word } = loudness(sentence, ms);
    const open = 0.6 + 4.6 * level * (0.45 + 0.55 * noise(word, 3));
    const wide = 8.5 + 2.5 * noise(word, 5) * level;
    return Uint8Array.from({ length: 560 }, (_, index) => {
      const x = ((index % 28) - 13.5) / wide;
      const y = Math.floor(index / 28) - 9.5;
      const inner = 1 - Math.min(1, (x * x + (y / open) ** 2) ** 2);
      const lips = Math.exp(-((Math.hypot(x, y / (open + 2.2)) - 0.86) ** 2) * 26);
      return 168 - 9 * Math.abs(x) - 62 * lips - (inner > 0 ? 118 * inner : 0);
    });
  },
};
