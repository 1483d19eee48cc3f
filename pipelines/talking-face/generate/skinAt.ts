import { Rng } from "../../../src/sensing.ts";
import type { Face } from "./Face.ts";

/** Fine grain of a person's skin: a sum of waves, the same in every picture of them. */
export type SkinTexture = readonly {
  readonly across: number;
  readonly down: number;
  readonly phase: number;
  readonly depth: number;
}[];

/** What speech does to the skin about the mouth. */
export interface SkinStrain {
  /** How far below the closed lips' line the fold above the chin lies, in pixels. */
  readonly chin: number;
  /** How far the cheeks are drawn back, in [0, 1]. */
  readonly smile: number;
}

/** The texture of a face, drawn from its seed. */
export function skinTextureOf({ texture }: Face): SkinTexture {
  const rng = Rng.fromSeed(texture);
  return Array.from({ length: 10 }, () => ({
    across: rng.uniform(-1.2, 1.2),
    down: rng.uniform(-1.2, 1.2),
    phase: rng.uniform(0, 2 * Math.PI),
    depth: rng.uniform(0.3, 0.9),
  }));
}

/**
 * Grey level of the skin, nose and chin included, at a point.
 *
 * @param x, y From the middle of the closed lips, in pixels.
 */
export function skinAt(
  face: Face,
  texture: SkinTexture,
  x: number,
  y: number,
  { chin, smile }: SkinStrain,
): number {
  const side = Math.abs(x);
  // The face is a cylinder that stands out most at the lips; the cheeks catch the light beside it.
  let grey = face.skin - 4 + 24 * (x / 14) ** 2 - 16 * bump(x / 5.5);
  grey -= (face.lightAcross * x) / 28 + (face.lightDown * y) / 20;

  const nostrils = face.nostrils - face.line;
  const underNose = bump(x / (face.nose * 1.05)) * bump(Math.max(y - nostrils, 0) / 2.6);
  grey -= 20 * underNose;
  grey -= 44 * bump((side - face.nose * 0.56) / 1.25) * bump((y - nostrils) / 0.85);
  grey += 16 * bump(x / 1.6) * bump((y - nostrils + 1.8) / 1.4);
  grey -= 20 * bump((side - face.nose - 0.5) / 0.8) * bump((y - nostrils + 0.8) / 2.2);

  const philtrum = smoothBand(y, nostrils + 2, -2.4);
  grey += philtrum * (5 * bump((side - 1.3) / 0.8) - 7 * bump(x / 0.9));

  // From the wings of the nose outwards and down, bending round the corners of the mouth.
  const fall = y - nostrils;
  const foldSide = face.nose + 1 + 0.5 * fall - 0.014 * fall * fall + 0.5 * smile;
  grey -=
    (face.folds + 7 * smile) *
    bump((side - foldSide) / 1.5) *
    smoothBand(y, nostrils - 1, 0.5) *
    (1 - 0.055 * Math.max(fall, 0));

  grey -= face.chinShadow * bump((y - chin) / 1.4) * bump(x / 5.4);
  grey += 9 * bump((y - chin - 3) / 1.8) * bump(x / 4.5);

  const beard = smoothBand(y, -3.4, 14) * bump(x / 11);
  grey -= face.stubble * beard;
  for (const wave of texture)
    grey += wave.depth * Math.cos(wave.across * x + wave.down * y + wave.phase);
  return grey;
}

/** 1 between `from` and `to`, 0 outside, with borders of about a pixel. */
function smoothBand(y: number, from: number, to: number): number {
  return 1 / (1 + Math.exp(-2.5 * (y - from))) / (1 + Math.exp(-2.5 * (to - y)));
}

function bump(x: number): number {
  return Math.exp(-x * x);
}
