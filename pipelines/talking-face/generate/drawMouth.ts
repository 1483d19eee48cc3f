import { MOUTH_COLUMNS, MOUTH_PIXELS } from "../corpus/SpeechClip.ts";
import type { Face } from "./Face.ts";
import { type SkinStrain, type SkinTexture, skinAt } from "./skinAt.ts";
import type { MouthShape } from "./visemes.ts";

/** Where the head is and how much light falls on it, at one instant. */
export interface HeadPose {
  /** Shift from the middle of the picture, in pixels. */
  readonly right: number;
  readonly down: number;
  /** Clockwise, in radians. */
  readonly tilt: number;
  /** Distance to the camera: 1 as described by the face, larger is nearer. */
  readonly scale: number;
  /** Factor on every grey level. */
  readonly light: number;
}

/** Edges of lips and teeth are finer than a pixel: nine points of each are taken. */
const FINE_OFFSETS = [-1, 0, 1].flatMap((right) =>
  [-1, 0, 1].map((down) => [right / 3, down / 3] as const),
);

/** Width of a drawn edge, in pixels. */
const EDGE = 0.45;

/** The lips' outlines of one shape on one face, in pixels from the middle of the mouth. */
interface Lips {
  readonly halfWidth: number;
  readonly gapHalfWidth: number;
  /** Height of the gap between the lips in the middle. */
  readonly gap: number;
  /** How round the gap is: 0.5 an ellipse, 1 a lens. */
  readonly roundness: number;
  readonly upper: number;
  readonly lower: number;
  /** How far the chin has gone down. */
  readonly jaw: number;
}

/**
 * One picture of a mouth: 28 × 20, from below the nose to above the chin, as if cut from a camera's.
 *
 * @param out [20, 28] float grey levels, overwritten. Not rounded: noise is yet to come.
 */
export function drawMouth(
  face: Face,
  shape: MouthShape,
  pose: HeadPose,
  texture: SkinTexture,
  out: Float32Array,
): void {
  const lips = lipsOf(face, shape);
  const [cosine, sine] = [Math.cos(pose.tilt) / pose.scale, Math.sin(pose.tilt) / pose.scale];
  const strain: SkinStrain = {
    chin: 0.68 * lips.gap + lips.lower + 1.9 + 0.3 * lips.jaw,
    smile: Math.max(shape.spread, 0),
  };
  const [top, bottom] = [-0.32 * lips.gap - lips.upper - 1.5, 0.68 * lips.gap + lips.lower + 2];
  for (let pixel = 0; pixel < MOUTH_PIXELS; pixel++) {
    const x = (pixel % MOUTH_COLUMNS) + 0.5 - MOUTH_COLUMNS / 2 - pose.right;
    const y = Math.floor(pixel / MOUTH_COLUMNS) + 0.5 - face.line - pose.down;
    const right = cosine * x + sine * y;
    const down = cosine * y - sine * x;
    let grey = skinAt(face, texture, right, down, strain);
    // Skin has no edges: one point a pixel will do, the lips need more.
    if (Math.abs(right) < lips.halfWidth + 3 && down > top && down < bottom) {
      let sum = 0;
      for (const [fineX, fineY] of FINE_OFFSETS)
        sum += lipsOver(
          grey,
          face,
          shape,
          lips,
          right + cosine * fineX + sine * fineY,
          down + cosine * fineY - sine * fineX,
        );
      grey = sum / FINE_OFFSETS.length;
    }
    out[pixel] = grey * pose.light;
  }
}

function lipsOf(face: Face, shape: MouthShape): Lips {
  const { open, spread, protrude, tuck, press } = shape;
  const apart = Math.max(spread, 0);
  const together = Math.max(-spread, 0);
  const halfWidth =
    face.halfWidth * (1 + 0.13 * apart - 0.3 * together - 0.1 * protrude - 0.05 * open);
  return {
    halfWidth,
    gapHalfWidth: halfWidth * (0.86 - 0.3 * together * (1 - open)),
    gap: face.aperture * open,
    roundness: 0.95 - 0.45 * Math.max(together, 0.6 * open),
    upper: face.upperLip * (1 + 0.35 * protrude - 0.6 * press - 0.2 * apart),
    lower: face.lowerLip * (1 + 0.3 * protrude - 0.55 * press - 0.55 * tuck - 0.15 * apart),
    jaw: 0.55 * face.aperture * open,
  };
}

/** Skin with what of the mouth lies over it at a point of the face's own frame. */
function lipsOver(
  skin: number,
  face: Face,
  shape: MouthShape,
  lips: Lips,
  x: number,
  y: number,
): number {
  const along = x / lips.halfWidth;
  const inside = Math.max(1 - along * along, 0);
  const gapAlong = x / lips.gapHalfWidth;
  const gapProfile = Math.max(1 - gapAlong * gapAlong, 0) ** lips.roundness;
  const sag = face.droop * along * along;
  const tuckUp = 0.55 * shape.tuck * inside;
  const gapTop = sag - 0.32 * lips.gap * gapProfile;
  const gapBottom = sag + 0.68 * lips.gap * gapProfile - tuckUp;
  const bow = 1 - 0.2 * bump(x / 1.1) + 0.1 * bump((Math.abs(x) - 2.2) / 1.3);
  const lipTop = gapTop - lips.upper * inside ** 0.7 * bow;
  const lipBottom = gapBottom + lips.lower * inside ** 0.6;

  let grey = skin;
  grey -= 16 * bump((Math.abs(x) - lips.halfWidth) / 1.1) * bump((y - sag) / 0.9);
  if (inside === 0) return grey;

  // Upper lip: faces down, away from the light, and darker towards the gap.
  const upper = edge(y - lipTop) * edge(gapTop - y);
  const upperShade = face.upperLipDepth * (0.75 + 0.45 * fraction(y, lipTop, gapTop));
  grey += upper * (face.skin * (1 - upperShade) - grey);
  // Lower lip: faces up and shines.
  const lower = edge(y - gapBottom) * edge(lipBottom - y);
  const shine = 16 * bump((y - gapBottom - 0.45 * lips.lower) / 0.8) * bump(x / 3.6);
  grey += lower * (face.skin * (1 - face.lowerLipDepth) + shine - grey);
  // Where the lips meet there is a line even when nothing is open.
  const seam = bump((y - (gapTop + gapBottom) / 2) / (0.5 + 0.5 * lips.gap * gapProfile));
  grey -= (44 - 14 * shape.press) * seam * Math.sqrt(inside) * (1 - Math.min(lips.gap, 1));

  const hole = edge(y - gapTop) * edge(gapBottom - y) * Math.min(lips.gap, 1);
  return grey + hole * (holeAt(face, shape, lips, gapAlong, y, gapTop, gapBottom) - grey);
}

function holeAt(
  face: Face,
  shape: MouthShape,
  lips: Lips,
  along: number,
  y: number,
  top: number,
  bottom: number,
): number {
  let grey = face.cavity;
  // The corners of the mouth lie in shadow.
  const lit = Math.exp(-(Math.abs(along) ** 4) * 2.2);
  const tongueTop = bottom - (0.3 + 0.5 * shape.tongue) * (bottom - top);
  grey += edge(y - tongueTop) * (0.35 + 0.65 * shape.tongue) * lit * 52;
  const upperTeeth = Math.min(1.75, 0.35 + 0.62 * lips.gap) * shape.teeth;
  grey += edge(top + upperTeeth - y) * lit * Math.min(shape.teeth * 1.4, 1) * (face.teeth - grey);
  const lowerTeeth = 0.5 * shape.teeth * (0.4 + Math.max(shape.spread, 0)) * (1 - shape.tongue);
  return grey + edge(y - bottom + lowerTeeth) * lit * 0.55 * shape.teeth * (face.teeth - grey);
}

/** 0 before, 1 behind an edge at 0, smooth across it. */
function edge(distance: number): number {
  const t = Math.min(Math.max(distance / EDGE + 0.5, 0), 1);
  return t * t * (3 - 2 * t);
}

function bump(x: number): number {
  return Math.exp(-x * x);
}

function fraction(y: number, from: number, to: number): number {
  return to > from ? Math.min(Math.max((y - from) / (to - from), 0), 1) : 1;
}
