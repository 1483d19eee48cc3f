import { SensorError } from "../errors.ts";
import type { StreamDescription } from "../frames/StreamDescription.ts";
import { type Micros, micros, seconds } from "../units.ts";
import type { SensedFrame } from "./Sensor.ts";

/** How far before its arrival a recorded frame may be stamped into the future, at most. */
const EARLIEST_LOG = seconds(2);

/** Which frames of a recording to read. */
export interface RecordingPart {
  /** File of a log. */
  readonly path: string;
  readonly stream: string;
  /** Frames with an earlier origin time are left out. */
  readonly from: Micros;
}

/**
 * The frames of one stream of a recording, in the order in which they came.
 *
 * @throws {LogError} While reading, if the file cannot be opened or is no log.
 */
export async function* readRecordedFrames({
  path,
  stream,
  from,
}: RecordingPart): AsyncGenerator<SensedFrame, void, undefined> {
  // Loaded when needed: a microphone's process has no use for a decompressor.
  const [{ readLog }, { framesOf }] = await Promise.all([
    import("../log/readLog.ts"),
    import("../frames/Chunk.ts"),
  ]);
  const logFrom = micros(Math.max(0, from - EARLIEST_LOG));
  for await (const record of readLog(path, { kinds: ["DATA"], from: logFrom })) {
    if (record.kind !== "DATA" || record.chunk.stream !== stream) continue;
    for (const frame of framesOf(record.chunk)) if (frame.originTime >= from) yield frame;
  }
}

/**
 * Where a recording begins: the start of its grid, or its first frame where it has none.
 *
 * All streams of a recording share it, so each sensor that replays one finds the same.
 *
 * @throws {LogError} If the file cannot be opened or is no log.
 * @throws {SensorError} If it holds neither.
 */
export async function recordingStart(path: string): Promise<Micros> {
  const { readLog } = await import("../log/readLog.ts");
  for await (const record of readLog(path, { kinds: ["CONFIG", "DATA"] })) {
    if (record.kind === "CONFIG") return record.origin;
    const [first] = record.kind === "DATA" ? record.chunk.originTimes : [];
    if (first !== undefined) return first;
  }
  throw new SensorError(path, "expected a recording with frames, got none");
}

/**
 * The streams that a recording describes, each as it is told last.
 *
 * @throws {LogError} If the file cannot be opened or is no log.
 */
export async function recordedStreams(path: string): Promise<readonly StreamDescription[]> {
  const { readLog } = await import("../log/readLog.ts");
  const streams = new Map<string, StreamDescription>();
  for await (const record of readLog(path, { kinds: ["CONFIG"] }))
    if (record.kind === "CONFIG")
      for (const description of record.streams) streams.set(description.stream, description);
  return [...streams.values()];
}
