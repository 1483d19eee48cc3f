import { type Command, Option } from "commander";

import type { SegmentOptions } from "../log/LogWriterOptions.ts";
import type { RetentionOptions } from "../log/Retention.ts";
import type { Bytes, Micros } from "../units.ts";
import { parseSize, parseTime } from "./parseQuantity.ts";

/** What a person says about how a log is recorded. */
export interface RecordingFlags {
  readonly segmentSize?: Bytes;
  readonly segmentTime?: Micros;
  readonly keepSize?: Bytes;
  readonly keepAge?: Micros;
}

/** Adds the options of commands that record. */
export function addRecordingFlags(command: Command): Command {
  const size = (flag: string, text: string): Option => new Option(flag, text).argParser(parseSize);
  const time = (flag: string, text: string): Option => new Option(flag, text).argParser(parseTime);
  return command
    .addOption(size("--segment-size <size>", "record a folder of segments of this size: 500MB"))
    .addOption(time("--segment-time <time>", "record a folder of segments this long: 10m"))
    .addOption(size("--keep-size <size>", "keep no more than this of the recording: 20GB"))
    .addOption(time("--keep-age <time>", "keep no segment that is older: 7d"));
}

/** The same for a log writer; nothing where nothing was said. */
export function recordingOf({ segmentSize, segmentTime, keepSize, keepAge }: RecordingFlags): {
  readonly segments?: SegmentOptions;
  readonly keep?: RetentionOptions;
} {
  const segments = {
    ...(segmentSize !== undefined && { bytes: segmentSize }),
    ...(segmentTime !== undefined && { span: segmentTime }),
  };
  const keep = {
    ...(keepSize !== undefined && { bytes: keepSize }),
    ...(keepAge !== undefined && { age: keepAge }),
  };
  return {
    ...(Object.keys(segments).length > 0 && { segments }),
    ...(Object.keys(keep).length > 0 && { keep }),
  };
}
