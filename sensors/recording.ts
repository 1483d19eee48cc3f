import { access, constants } from "node:fs/promises";

import {
  micros,
  readRecordedFrames,
  recordedStreams,
  recordingStart,
  replayPasses,
  type SensedFrame,
  type SensorContext,
  SensorError,
  type SensorKind,
  SensorSettings,
} from "../src/sensing.ts";

/**
 * One stream of a recording: a log written by a run or a generator.
 *
 * Options: `path`, the recording; `stream`, its name there (the stream's own name unless given).
 * Replayed from its start, or, in the middle of a run, from where the others are.
 */
export const recording: SensorKind = {
  name: "recording",
  summary: "Replays one stream of a recording (MCAP).",
  probe: async () => ({ works: true, detail: "needs nothing but a recording" }),
  argument: "path",
  async offers(options) {
    const path = new SensorSettings("recording", options).text("path");
    const descriptions = await recordedStreams(path);
    return descriptions.map((description) => ({
      description,
      options: { ...options, stream: description.stream },
    }));
  },
  create(options) {
    const settings = new SensorSettings("recording", options);
    const path = settings.text("path");
    const named = settings.has("stream") ? settings.text("stream") : undefined;
    settings.end();
    return {
      pace: "replay",
      frames: (context) => replay(path, named ?? context.description.stream, context),
    };
  },
};

async function* replay(
  path: string,
  stream: string,
  context: SensorContext,
): AsyncGenerator<SensedFrame> {
  try {
    await access(path, constants.R_OK);
  } catch (cause) {
    throw new SensorError("recording", `expected a readable file, got ${path}`, { cause });
  }
  const begin = await recordingStart(path);
  for (const { start, from, to } of replayPasses(context)) {
    let frames = 0;
    const part = { path, stream, from: micros(begin + from) };
    for await (const { originTime, payload } of readRecordedFrames(part)) {
      const offset = originTime - begin;
      if (offset >= to) continue;
      frames++;
      yield { originTime: micros(start + offset), payload };
    }
    if (frames === 0 && from === 0)
      throw new SensorError(
        "recording",
        `expected frames of stream ${stream} in ${path}, got none`,
      );
  }
}
