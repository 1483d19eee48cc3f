import { describe, expect, it } from "vitest";

import * as index from "../src/index.ts";
import * as sensing from "../src/sensing.ts";

describe("the public lists, verbatim", () => {
  it("index", () => {
    expect(Object.keys(index).sort()).toMatchInlineSnapshot(`
      [
        "Aligner",
        "CaptionGrams",
        "ConfigError",
        "DeviceError",
        "DrivenClock",
        "Inlet",
        "LipFrames",
        "LogError",
        "LogMel",
        "LogWriter",
        "ModelError",
        "Outlet",
        "Rng",
        "SensorError",
        "SensorWindow",
        "SensoriumError",
        "ShapeError",
        "SystemClock",
        "TraceError",
        "TrainingSession",
        "UnsupportedKernelError",
        "WireError",
        "align",
        "assetUrl",
        "bool",
        "compile",
        "definePipeline",
        "defineProgram",
        "defineStream",
        "exact",
        "float32",
        "hertz",
        "int32",
        "last",
        "linear",
        "lipFramesOf",
        "logInfo",
        "logMelOf",
        "micros",
        "millis",
        "nearest",
        "parseCaption",
        "readLog",
        "recordingFeed",
        "recoverLog",
        "replayLog",
        "seconds",
        "startPipeline",
        "tf",
        "toMillis",
        "toSeconds",
        "window",
      ]
    `);
  });

  it("sensing", () => {
    expect(Object.keys(sensing).sort()).toMatchInlineSnapshot(`
      [
        "ConfigError",
        "DrivenClock",
        "ModelError",
        "Rng",
        "SensorError",
        "SensorSettings",
        "SensoriumError",
        "SystemClock",
        "borrowNumbers",
        "decodeMuLaw",
        "decodeNpy",
        "defineStream",
        "frameBytes",
        "hertz",
        "micros",
        "millis",
        "periodUs",
        "readRecordedFrames",
        "recordingStart",
        "replayPasses",
        "seconds",
        "toSeconds",
      ]
    `);
  });
});
