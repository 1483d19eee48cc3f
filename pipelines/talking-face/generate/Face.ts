import type { Rng } from "../../../src/sensing.ts";

/** How one person's mouth and the skin about it look; lengths in pixels of the 28 × 20 picture. */
export interface Face {
  /** Grey level of the skin in full light. */
  readonly skin: number;
  /** How dark the lips are against the skin: 0 alike, 1 black. */
  readonly upperLipDepth: number;
  readonly lowerLipDepth: number;
  /** Half the distance of the corners at rest. */
  readonly halfWidth: number;
  /** Height of each lip at rest. */
  readonly upperLip: number;
  readonly lowerLip: number;
  /** How far the lips part at the most. */
  readonly aperture: number;
  /** How far the corners lie below the middle; negative: above, a smile. */
  readonly droop: number;
  /** Row of the closed lips' line. */
  readonly line: number;
  /** Grey level of the teeth and of the dark behind them. */
  readonly teeth: number;
  readonly cavity: number;
  /** Half the width of the nose, and the row of the nostrils. */
  readonly nose: number;
  readonly nostrils: number;
  /** Depth of the folds from nose to corners, and of the shadow under the lower lip, in grey levels. */
  readonly folds: number;
  readonly chinShadow: number;
  /** Light: how much brighter the left edge is than the right, the top than the bottom. */
  readonly lightAcross: number;
  readonly lightDown: number;
  /** How much darker shaven skin is than the rest, in grey levels. */
  readonly stubble: number;
  /** How clearly the person speaks: 1 as drawn in the viseme table. */
  readonly clarity: number;
  /** Seed of the skin's fine texture. */
  readonly texture: number;
}

/** Somebody in the middle of everything. */
const PLAIN: Face = {
  skin: 164,
  upperLipDepth: 0.33,
  lowerLipDepth: 0.23,
  halfWidth: 7.6,
  upperLip: 1.9,
  lowerLip: 2.5,
  aperture: 6.6,
  droop: 0.35,
  line: 11.2,
  teeth: 150,
  cavity: 46,
  nose: 4.4,
  nostrils: 1.6,
  folds: 11,
  chinShadow: 24,
  lightAcross: 14,
  lightDown: 8,
  stubble: 4,
  clarity: 1,
  texture: 1,
};

/** The people whom the voices belong to. Nobody real: their looks are made up. */
export const FACES: Readonly<Record<string, Face>> = {
  kal16: { ...PLAIN, texture: 2 },
  awb: {
    ...PLAIN,
    skin: 176,
    halfWidth: 8.2,
    upperLip: 1.5,
    lowerLip: 2.1,
    upperLipDepth: 0.29,
    lowerLipDepth: 0.2,
    line: 11.6,
    lightAcross: -16,
    stubble: 14,
    folds: 14,
    nose: 4.9,
    droop: 0.6,
    texture: 3,
  },
  rms: {
    ...PLAIN,
    skin: 152,
    halfWidth: 7.3,
    upperLip: 2.2,
    lowerLip: 2.9,
    upperLipDepth: 0.35,
    lowerLipDepth: 0.27,
    line: 11,
    lightAcross: 20,
    folds: 9,
    nose: 4.2,
    nostrils: 1.3,
    droop: 0.15,
    texture: 4,
  },
  slt: {
    ...PLAIN,
    skin: 172,
    halfWidth: 6.9,
    upperLip: 2.1,
    lowerLip: 2.8,
    upperLipDepth: 0.38,
    lowerLipDepth: 0.32,
    line: 10.9,
    lightAcross: -8,
    stubble: 0,
    folds: 6,
    nose: 3.8,
    nostrils: 1.1,
    droop: 0,
    texture: 5,
  },
};

/** Somebody at random: every part lies between what faces have. */
export function drawFace(rng: Rng): Face {
  return {
    skin: rng.uniform(110, 185),
    upperLipDepth: rng.uniform(0.2, 0.44),
    lowerLipDepth: rng.uniform(0.12, 0.36),
    halfWidth: rng.uniform(6.4, 8.6),
    upperLip: rng.uniform(1.3, 2.6),
    lowerLip: rng.uniform(1.8, 3.3),
    aperture: rng.uniform(5, 8),
    droop: rng.uniform(-0.4, 0.9),
    line: rng.uniform(9.8, 12.4),
    teeth: rng.uniform(130, 175),
    cavity: rng.uniform(34, 70),
    nose: rng.uniform(3.6, 5.2),
    nostrils: rng.uniform(0.2, 2.6),
    folds: rng.uniform(3, 17),
    chinShadow: rng.uniform(12, 32),
    lightAcross: rng.uniform(-30, 30),
    lightDown: rng.uniform(-6, 18),
    stubble: rng.uniform() < 0.6 ? 0 : rng.uniform(4, 24),
    clarity: rng.uniform(0.75, 1.2),
    texture: rng.int(0, 1_000_000),
  };
}
