/**
 * What Chromium's made-up camera and microphone show and say, measured in what came out at our end.
 *
 * The camera draws, twenty times a second, a disc that fills at 600° a second, beginning anew at 361°; with the
 * picture before each half second the microphone beeps. (media/capture/video/fake_video_capture_device.cc)
 */
import type { SensedFrame } from "../../src/pipeline/Sensor.ts";

/** Arguments with which Chromium has both, in one process, so that the beep knows of the picture. */
export const FAKE_DEVICES: readonly string[] = [
  "--use-fake-device-for-media-stream",
  "--use-fake-ui-for-media-stream",
  "--enable-features=RunVideoCaptureServiceInBrowserProcess",
  "--disable-features=AudioServiceOutOfProcess,AudioServiceSandbox",
];

const DEGREES_PER_SECOND = 600;
const FULL = 361;
/** Time from one picture of the fake camera to the next, and from beep to beep, in seconds. */
const PICTURE = 0.05;
const BEEP = 0.5;
/** Grey of the disc, and how far from it a pixel may be. */
const [INK, NEAR] = [174, 25];
/** The clock that the camera writes into its picture lies above this share of the rows. */
const BELOW_CLOCK = 1 / 6;
const LOUD = 3_000;

/**
 * How far each beep is from the picture that it came with, in ms; later is positive.
 *
 * @param sound Frames of i16 at `rate` samples a second.
 * @param pictures Frames of u8 [rows, columns], grey, from the camera's first second on.
 */
export function beepsAgainstPictures(
  sound: readonly SensedFrame[],
  rate: number,
  pictures: readonly SensedFrame[],
  size: { readonly rows: number; readonly columns: number },
): number[] {
  const started = startOf(pictures, size);
  return beepsIn(sound, rate).map((time) => {
    const since = time / 1e6 - started + PICTURE;
    return (since - Math.round(since / BEEP) * BEEP) * 1e3;
  });
}

/** When the camera's own time was 0, in seconds: the median over its pictures. */
function startOf(
  pictures: readonly SensedFrame[],
  { rows, columns }: { readonly rows: number; readonly columns: number },
): number {
  const turn = FULL / DEGREES_PER_SECOND;
  let last: { readonly time: number; readonly elapsed: number } | undefined;
  const starts = pictures.map(({ originTime, payload }) => {
    const time = originTime / 1e6;
    const angle = (filled(payload, rows, columns) * 360) / DEGREES_PER_SECOND;
    const expected = last === undefined ? angle : last.elapsed + time - last.time;
    const elapsed = angle + turn * Math.round((expected - angle) / turn);
    last = { time, elapsed };
    return time - elapsed;
  });
  return starts.sort((a, b) => a - b)[starts.length >> 1] ?? Number.NaN;
}

/** The share of the disc that is filled. */
function filled(picture: Uint8Array, rows: number, columns: number): number {
  const radius = rows / 4;
  let [inside, inked] = [0, 0];
  for (let y = Math.ceil(rows * BELOW_CLOCK); y < rows; y++)
    for (let x = 0; x < columns; x++) {
      if (Math.hypot(x - (columns - 1) / 2, y - (rows - 1) / 2) >= radius) continue;
      inside++;
      if (Math.abs((picture[y * columns + x] ?? 0) - INK) < NEAR) inked++;
    }
  return inked / inside;
}

/** When beeps begin, in µs. */
function beepsIn(sound: readonly SensedFrame[], rate: number): number[] {
  const beeps: number[] = [];
  let loud = Number.NEGATIVE_INFINITY;
  for (const { originTime, payload } of sound) {
    const samples = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
    for (let i = 0; 2 * i < payload.byteLength; i++) {
      if (Math.abs(samples.getInt16(2 * i, true)) < LOUD) continue;
      const time = originTime + (i * 1e6) / rate;
      if (time - loud > (BEEP * 1e6) / 2) beeps.push(time);
      loud = time;
    }
  }
  return beeps;
}
