/** The public list: what pipelines, sensors and other programs may use. */

export { Aligner, type AlignerCounters, type AlignerOptions } from "./align/Aligner.ts";
export { align } from "./align/align.ts";
export { exact, last, linear, nearest, type Policy, window } from "./align/Policy.ts";
export type { Role } from "./align/Role.ts";
export type { Clock } from "./clock/Clock.ts";
export { Dejitter, type DejitterOptions } from "./clock/Dejitter.ts";
export { DrivenClock } from "./clock/DrivenClock.ts";
export { SystemClock } from "./clock/SystemClock.ts";
export {
  ConfigError,
  DeviceError,
  LogError,
  ModelError,
  SensorError,
  SensoriumError,
  ShapeError,
  TraceError,
  UnsupportedKernelError,
  WireError,
} from "./errors.ts";
export { CaptionGrams, parseCaption } from "./features/CaptionGrams.ts";
export { ChannelTraces, type ChannelTracesSnapshot } from "./features/ChannelTraces.ts";
export type { FeatureExtractor } from "./features/FeatureExtractor.ts";
export { LipFrames, lipFramesOf } from "./features/LipFrames.ts";
export { LogMel, logMelOf } from "./features/LogMel.ts";
export { NumberFrames } from "./features/NumberFrames.ts";
export { SensorWindow } from "./features/SensorWindow.ts";
export type { EventSpan, Label } from "./frames/EventSpan.ts";
export type { Caption, Frame } from "./frames/Frame.ts";
export type { Cell, Frameset, Presence } from "./frames/Frameset.ts";
export type { Reading, StreamReading, SubsetReading } from "./frames/Reading.ts";
export { defineStream, type StreamDescription } from "./frames/StreamDescription.ts";
export type { ModelPlan } from "./learn/ModelPlan.ts";
export type { OnlineOptions } from "./learn/online/OnlineOptions.ts";
export { type CutOptions, cutLog } from "./log/cutLog.ts";
export { appendLabels, removeLabels } from "./log/editLabels.ts";
export type { LogRecord, ServedVersion } from "./log/LogRecord.ts";
export { type LogStatus, LogWriter } from "./log/LogWriter.ts";
export type { LogWriterOptions } from "./log/LogWriterOptions.ts";
export type { LabelLine } from "./log/labels/LabelLine.ts";
export { formatLabelFile, type LabelsRead, readLabelFile } from "./log/labels/labelFile.ts";
export { logInfo } from "./log/logInfo.ts";
export { type MergedLog, mergeLogs } from "./log/mergeLogs.ts";
export { type Packable, packValue, unpackValue } from "./log/packValue.ts";
export { type ReadLogOptions, readLog } from "./log/readLog.ts";
export { recoverLog } from "./log/recoverLog.ts";
export { type WriteLogOptions, writeLog } from "./log/writeLog.ts";
export { assetUrl } from "./pipeline/assetUrl.ts";
export { definePipeline, type PipelineDefinition } from "./pipeline/definePipeline.ts";
export { type ClipFeed, type ClipRequest, demoFeed } from "./pipeline/demoFeed.ts";
export type { Feed, FeedRequest, SensorPlan } from "./pipeline/Feed.ts";
export type { VersionsReport } from "./pipeline/Learning.ts";
export type { Moment } from "./pipeline/Moment.ts";
export { modulePath } from "./pipeline/modulePath.ts";
export type { ConvertedFrame, PageSense, SenseConverter, SenseForm } from "./pipeline/PageSense.ts";
export { PEN_FORM, type PenSample, penSampleOf } from "./pipeline/PenSample.ts";
export type { PipelineRun } from "./pipeline/PipelineRun.ts";
export type { LearnOptions, RunOptions } from "./pipeline/RunOptions.ts";
export {
  type Recordable,
  type RecordOptions,
  type RecordSummary,
  recordFeed,
} from "./pipeline/recordFeed.ts";
export { recordingFeed } from "./pipeline/recordingFeed.ts";
export { type ReplayOptions, replayLog } from "./pipeline/replayLog.ts";
export type {
  SensedFrame,
  Sensor,
  SensorContext,
  SensorKind,
  SensorProbe,
  StreamOffer,
} from "./pipeline/Sensor.ts";
export { sensorsFeed } from "./pipeline/sensorsFeed.ts";
export { startPipeline } from "./pipeline/startPipeline.ts";
export { type CompiledProgram, compile } from "./tensor/compile.ts";
export { defineProgram } from "./tensor/defineProgram.ts";
export { type DeviceChoice, devices } from "./tensor/device/Device.ts";
export { Rng } from "./tensor/Rng.ts";
export { bool, float32, int32 } from "./tensor/TensorSpec.ts";
export { TrainingSession } from "./tensor/TrainingSession.ts";
export { tf } from "./tensor/tf.ts";
export {
  counted,
  type Hertz,
  hertz,
  type Micros,
  micros,
  millis,
  seconds,
  toMillis,
  toSeconds,
} from "./units.ts";
export { makeCurveKeys } from "./wire/CurveKeys.ts";
export { Inlet, type InletOptions } from "./wire/Inlet.ts";
export { Outlet, type OutletOptions } from "./wire/Outlet.ts";
