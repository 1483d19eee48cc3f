/**
 * The light entry of the library: all that a sensor needs, and nothing that computes.
 *
 * A sensor's process must be up within a fraction of a second, so it never loads the maths rooms.
 */
export type { Clock } from "./clock/Clock.ts";
export { Dejitter, type DejitterOptions } from "./clock/Dejitter.ts";
export { DrivenClock } from "./clock/DrivenClock.ts";
export { SystemClock } from "./clock/SystemClock.ts";
export { ConfigError, ModelError, SensorError, SensoriumError } from "./errors.ts";
export { mixUnder, sumVoices } from "./features/mixSound.ts";
export { decodeMuLaw } from "./features/muLaw.ts";
export { borrowNumbers, type DType } from "./frames/DType.ts";
export type { Label } from "./frames/EventSpan.ts";
export type { Caption } from "./frames/Frame.ts";
export type { Modality } from "./frames/Modality.ts";
export { defineStream, frameBytes, type StreamDescription } from "./frames/StreamDescription.ts";
export { decodeNpy, type NpyArray } from "./learn/npy.ts";
export { type Cue, parseWebVtt } from "./log/labels/webVtt.ts";
export type { SensorPlan } from "./pipeline/Feed.ts";
export { readRecordedFrames, recordedStreams, recordingStart } from "./pipeline/readRecording.ts";
export { type ReplayPass, replayPasses } from "./pipeline/replayPasses.ts";
export type {
  SensedFrame,
  Sensor,
  SensorContext,
  SensorDevice,
  SensorKind,
  SensorProbe,
  StreamOffer,
} from "./pipeline/Sensor.ts";
export { SensorSettings } from "./pipeline/SensorSettings.ts";
export { Rng } from "./tensor/Rng.ts";
export {
  counted,
  type Hertz,
  hertz,
  type Micros,
  micros,
  millis,
  periodUs,
  seconds,
  toSeconds,
} from "./units.ts";
