import type { Rng } from "../../src/sensing.ts";

/** Who says something, and how. */
export interface Voice {
  /** Speech synthesiser of this machine. */
  readonly program: "flite" | "espeak-ng";
  /** As the program calls it: `rms`, `en-gb-x-rp+f3`. */
  readonly name: string;
  /** How much slower than the voice's own pace, by which what it says is longer. */
  readonly stretch: number;
  /** In Hz of flite, of which `rms` pays no heed to it; 0 to 99 of espeak-ng. */
  readonly pitch: number;
  /** How much shorter the throat is than the voice's own: raises formants and pitch, leaves the pace. */
  readonly throat: number;
}

/** Flite's voices and their own pitch in Hz. */
const FLITE = [
  ["kal16", 105],
  ["awb", 125],
  ["rms", 100],
  ["slt", 170],
] as const;
const ACCENTS = [
  ...["en-gb", "en-us", "en-gb-scotland", "en-gb-x-gbclan", "en-gb-x-rp", "en-gb-x-gbcwmd"],
  ...["en-029", "en-us-nyc"],
] as const;
/** Espeak's variants of a voice that sound like somebody: no whisper, no robot. */
const VARIANTS = [
  ...["m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8", "f1", "f2", "f3", "f4", "f5"],
  ...["klatt", "klatt2", "klatt3", "klatt4", "klatt5", "klatt6", "steph", "steph2", "steph3"],
  ...["adam", "Alex", "Alicia", "Andrea", "Andy", "Annie", "aunty", "belinda", "benjamin"],
  ...["boris", "caleb", "david", "Denis", "Diogo", "edward", "Gene", "Gene2", "grandma"],
  ...["grandpa", "gustave", "Henrique", "Hugo", "iven", "iven2", "iven3", "iven4", "Jacky"],
  ...["john", "kaukovalta", "Lee", "linda", "marcelo", "Marco", "Mario", "max", "Michael"],
  ...["michel", "miguel", "Mike", "norbert", "pablo", "paul", "pedro", "quincy", "rob"],
  ...["robert", "sandro", "shelby", "travis", "victor"],
] as const;
/** Flite's four voices are recorded people, espeak's many are made by rule: one digit in five is of the four. */
const RECORDED = 0.2;

/** Draws somebody: a voice, its accent, pace, pitch and throat. */
export function drawVoice(rng: Rng): Voice {
  const throat = rng.uniform() < 0.7 ? rng.uniform(0.85, 1.18) : 1;
  if (rng.uniform() < RECORDED) {
    const [name, own] = pick(FLITE, rng);
    const pitch = Math.round(own * rng.uniform(0.75, 1.35));
    return { program: "flite", name, stretch: rng.uniform(0.8, 1.4), pitch, throat };
  }
  return {
    program: "espeak-ng",
    name: `${pick(ACCENTS, rng)}+${pick(VARIANTS, rng)}`,
    stretch: rng.uniform(0.92, 1.6),
    pitch: rng.int(15, 76),
    throat,
  };
}

function pick<T>(from: readonly T[], rng: Rng): T {
  return from[rng.int(0, from.length)] as T;
}
