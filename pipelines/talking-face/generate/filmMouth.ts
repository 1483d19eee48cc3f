import type { Rng } from "../../../src/sensing.ts";
import { MOUTH_PIXELS, ROW_MS } from "../corpus/SpeechClip.ts";
import { articulate, type TimedPhone } from "./articulate.ts";
import { drawMouth } from "./drawMouth.ts";
import type { Face } from "./Face.ts";
import { type HeadPoseOptions, headPose } from "./headPose.ts";
import { skinTextureOf } from "./skinAt.ts";
import type { MouthShape } from "./visemes.ts";

/** A picture is exposed for 20 ms and stamped at its end: it shows what was 10 ms before. */
const EXPOSURE_MIDDLE_MS = 10;

/** Noise of the camera's sensor, in grey levels: as in the GRID pictures. */
const SENSOR_NOISE = 1.1;

/**
 * Films a face that says some phones.
 *
 * @param phones Ascending; before the first and after the last the mouth rests.
 * @param frames Number of pictures; picture k is taken at 40 k ms.
 * @returns [frames, 20, 28] u8 grey.
 */
export function filmMouth(
  face: Face,
  phones: readonly TimedPhone[],
  frames: number,
  rng: Rng,
  pose: HeadPoseOptions = {},
): Uint8Array {
  const shapeAt = articulate(phones);
  const poseAt = headPose(rng.fork("head"), pose);
  const texture = skinTextureOf(face);
  const noise = rng.fork("sensor");
  const picture = new Float32Array(MOUTH_PIXELS);
  const film = new Uint8Array(frames * MOUTH_PIXELS);
  for (let frame = 0; frame < frames; frame++) {
    const timeMs = frame * ROW_MS - EXPOSURE_MIDDLE_MS;
    drawMouth(face, spoken(shapeAt(timeMs), face.clarity), poseAt(timeMs), texture, picture);
    for (const [pixel, grey] of picture.entries())
      film[frame * MOUTH_PIXELS + pixel] = Math.min(
        Math.max(Math.round(grey + noise.normal(0, SENSOR_NOISE)), 0),
        255,
      );
  }
  return film;
}

function spoken(shape: MouthShape, clarity: number): MouthShape {
  const { open, spread, protrude } = shape;
  return { ...shape, open: open * clarity, spread: spread * clarity, protrude: protrude * clarity };
}
