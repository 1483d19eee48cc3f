/** What the lips, teeth, tongue and jaw do, each in [0, 1] but `spread`, which is in [−1, 1]. */
export interface MouthShape {
  /** How far the lips are apart; 1 is as far as in speech. */
  readonly open: number;
  /** 1: corners drawn apart as for "ee"; −1: drawn together as for "oo". */
  readonly spread: number;
  /** How far the lips are pushed forward. */
  readonly protrude: number;
  /** How much of the teeth the lips uncover. */
  readonly teeth: number;
  /** How much of the tongue is seen behind the teeth. */
  readonly tongue: number;
  /** Lower lip drawn under the upper teeth, as for "f". */
  readonly tuck: number;
  /** Lips pressed together, as for "m". */
  readonly press: number;
}

/** Name of one articulator. */
export type Articulator = keyof MouthShape;

/** All articulators. */
export const ARTICULATORS: readonly Articulator[] = [
  "open",
  "spread",
  "protrude",
  "teeth",
  "tongue",
  "tuck",
  "press",
];

/** A shape that a phone aims at, and how much it insists on each part of it. */
export interface Viseme {
  readonly shape: MouthShape;
  /** Dominance over neighbouring phones, ≥ 0; 1 is a vowel's. */
  readonly dominance: MouthShape;
  /** Where in the phone the aim lies: 0 its start, 1 its end. */
  readonly at: number;
}

const CLOSED: MouthShape = {
  open: 0,
  spread: 0,
  protrude: 0,
  teeth: 0,
  tongue: 0,
  tuck: 0,
  press: 0,
};

/** How much each kind of sound insists on what it needs, and leaves the rest to its neighbours. */
const VOWEL: MouthShape = {
  open: 1,
  spread: 1,
  protrude: 1,
  teeth: 0.6,
  tongue: 0.5,
  tuck: 0.6,
  press: 0.8,
};
const BILABIAL: MouthShape = { ...VOWEL, open: 9, press: 7, spread: 0.25, protrude: 0.3, teeth: 2 };
const LABIODENTAL: MouthShape = { ...VOWEL, open: 4, tuck: 8, teeth: 3, spread: 0.4, press: 3 };
const DENTAL: MouthShape = { ...VOWEL, open: 1.5, teeth: 1.5, tongue: 3, spread: 0.35 };
const SIBILANT: MouthShape = { ...VOWEL, open: 2, teeth: 3, tongue: 1.5, spread: 0.6 };
const ROUNDED: MouthShape = { ...VOWEL, open: 2, spread: 3, protrude: 3 };
const BACK: MouthShape = { ...VOWEL, open: 0.4, spread: 0.2, protrude: 0.3, teeth: 0.3 };
const REST: MouthShape = { ...VOWEL, open: 1.2, spread: 0.5, protrude: 0.6, press: 0.7 };

/** Aims of each phone of flite's US English set, in order; a diphthong has two. */
export const VISEMES: Readonly<Record<string, readonly Viseme[]>> = {
  pau: [aim({ press: 0.15 }, REST)],
  ...all("aa", [aim({ open: 0.9, spread: 0.05, teeth: 0.35, tongue: 0.3 })]),
  ...all("ae", [aim({ open: 0.75, spread: 0.4, teeth: 0.6, tongue: 0.3 })]),
  ...all("ah", [aim({ open: 0.6, teeth: 0.4, tongue: 0.3 })]),
  ...all("ax", [aim({ open: 0.4, teeth: 0.4, tongue: 0.3 })]),
  ...all("ao", [aim({ open: 0.75, spread: -0.55, protrude: 0.6, teeth: 0.1, tongue: 0.2 })]),
  ...all("eh", [aim({ open: 0.58, spread: 0.35, teeth: 0.7, tongue: 0.4 })]),
  ...all("er", [aim({ open: 0.38, spread: -0.35, protrude: 0.5, teeth: 0.4, tongue: 0.2 })]),
  ...all("ih", [aim({ open: 0.36, spread: 0.4, teeth: 0.8, tongue: 0.3 })]),
  ...all("iy", [aim({ open: 0.28, spread: 0.9, teeth: 0.95, tongue: 0.2 })]),
  ...all("uh", [aim({ open: 0.36, spread: -0.5, protrude: 0.5, teeth: 0.1 })]),
  ...all("uw", [aim({ open: 0.22, spread: -0.95, protrude: 1 })]),
  ay: [
    aim({ open: 0.9, spread: 0.1, teeth: 0.4, tongue: 0.3 }, VOWEL, 0.3),
    aim({ open: 0.32, spread: 0.65, teeth: 0.85 }, VOWEL, 0.85),
  ],
  ey: [
    aim({ open: 0.52, spread: 0.5, teeth: 0.8, tongue: 0.4 }, VOWEL, 0.3),
    aim({ open: 0.28, spread: 0.8, teeth: 0.9, tongue: 0.2 }, VOWEL, 0.8),
  ],
  ow: [
    aim({ open: 0.6, spread: -0.5, protrude: 0.6, teeth: 0.1 }, VOWEL, 0.3),
    aim({ open: 0.22, spread: -0.9, protrude: 1 }, VOWEL, 0.8),
  ],
  aw: [
    aim({ open: 0.9, spread: 0.1, teeth: 0.4, tongue: 0.3 }, VOWEL, 0.3),
    aim({ open: 0.3, spread: -0.8, protrude: 0.8 }, VOWEL, 0.85),
  ],
  oy: [
    aim({ open: 0.6, spread: -0.6, protrude: 0.7 }, VOWEL, 0.3),
    aim({ open: 0.3, spread: 0.6, teeth: 0.8 }, VOWEL, 0.85),
  ],
  // A stop is shut for most of its length and burst at its end.
  ...all("p b m", [aim({ press: 1 }, BILABIAL, 0.42)]),
  ...all("f v", [aim({ open: 0.16, tuck: 1, teeth: 0.9, spread: 0.15 }, LABIODENTAL)]),
  ...all("th dh", [aim({ open: 0.3, spread: 0.15, teeth: 0.6, tongue: 1 }, DENTAL)]),
  ...all("t d n", [aim({ open: 0.24, spread: 0.15, teeth: 0.8, tongue: 0.5 }, DENTAL, 0.45)]),
  ...all("l", [aim({ open: 0.4, spread: 0.1, teeth: 0.5, tongue: 1 }, DENTAL)]),
  ...all("s z", [aim({ open: 0.2, spread: 0.45, teeth: 1 }, SIBILANT)]),
  ...all("sh zh ch jh", [aim({ open: 0.26, spread: -0.5, protrude: 0.8, teeth: 0.9 }, SIBILANT)]),
  ...all("r", [aim({ open: 0.28, spread: -0.55, protrude: 0.6, teeth: 0.3 }, ROUNDED)]),
  ...all("w", [aim({ open: 0.1, spread: -1, protrude: 1 }, ROUNDED)]),
  ...all("y", [aim({ open: 0.26, spread: 0.7, teeth: 0.8, tongue: 0.3 })]),
  ...all("k g ng hh", [aim({ open: 0.35, spread: 0.1, teeth: 0.4, tongue: 0.3 }, BACK)]),
};

function aim(shape: Partial<MouthShape>, dominance = VOWEL, at = 0.5): Viseme {
  return { shape: { ...CLOSED, ...shape }, dominance, at };
}

function all(phones: string, visemes: readonly Viseme[]): Record<string, readonly Viseme[]> {
  return Object.fromEntries(phones.split(" ").map((phone) => [phone, visemes]));
}
