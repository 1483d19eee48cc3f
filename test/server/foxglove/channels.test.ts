import { describe, expect, it } from "vitest";

import type { Chunk } from "../../../src/frames/Chunk.ts";
import { answerOf, eventOf, healthOf } from "../../../src/server/foxglove/answerChannels.ts";
import { streamChannel } from "../../../src/server/foxglove/streamChannel.ts";
import { foxgloveTime, nanoseconds } from "../../../src/server/foxglove/time.ts";
import type {
  HelloMessage,
  LiveEvent,
  StreamInfo,
  StreamState,
} from "../../../src/server/messages.ts";
import { micros, millis } from "../../../src/units.ts";
import { SubjectFeed } from "../../support/SubjectFeed.ts";

const NOW = micros(1_700_000_000_250_001);
const hello: HelloMessage = {
  ...new SubjectFeed().hello(),
  classes: ["sil", "bin"],
  lookAhead: millis(120),
};

function messagesOf(
  modality: StreamInfo["modality"],
  { rate = 25, ...chunk }: Partial<Chunk> & { readonly rate?: number },
) {
  const info = { stream: "s", modality, rate, unit: "", view: { kind: "none" }, counts: true };
  const whole = {
    ...{ site: "lab", stream: "s", epoch: 1, firstSequence: 0, arrivalTime: NOW },
    ...{ originTimes: [NOW], dtype: "u8", shape: [1], payload: new Uint8Array() },
    ...chunk,
  };
  return streamChannel(info as StreamInfo).messages(whole as Chunk);
}

describe("times", () => {
  it("are seconds and nanoseconds, to the microsecond", () => {
    expect(foxgloveTime(NOW)).toEqual({ sec: 1_700_000_000, nsec: 250_001_000 });
    expect(foxgloveTime(micros(-1))).toEqual({ sec: -1, nsec: 999_999_000 });
    expect(nanoseconds(NOW)).toBe(1_700_000_000_250_001_000n);
  });
});

describe("an answer", () => {
  it("is about the instant that lies the look-ahead back", () => {
    const row = { time: NOW, fused: [{ class: 1, probability: 0.5 }], streams: {}, subsets: [] };
    expect(answerOf(row, hello)).toEqual({
      ...{ timestamp: { sec: 1_700_000_000, nsec: 130_001_000 } },
      ...{ label: "bin", probability: 0.5, streams: [], subsets: [] },
    });
    expect(answerOf({ ...row, fused: [] }, hello)).not.toHaveProperty("label");
  });
});

describe("an event", () => {
  it("has its length in seconds", () => {
    const event: LiveEvent = {
      ...{ id: "e1", label: "bin", from: NOW, to: micros(NOW + 240_000), score: 1 },
      ...{ evidence: {}, modalities: ["audio"] },
      state: "final",
    };
    expect(eventOf(event)).toMatchObject({ seconds: 0.24, from: foxgloveTime(NOW) });
  });
});

describe("the health of streams", () => {
  it("counts the frames that were not used for whatever reason", () => {
    const stream: StreamState = {
      ...{ stream: "audio", rate: 0, pluggable: true, age: millis(1_500) },
      ...{ counters: { late: 2, gap: 3 }, problem: "no cable" },
      state: "idle",
    };
    expect(healthOf(NOW, [stream])).toMatchObject({
      streams: [{ stream: "audio", unused: 5, ageSeconds: 1.5, problem: "no cable" }],
    });
  });
});

describe("frames", () => {
  it("of sound tell the samples of a second, and are one message a chunk", () => {
    const shape = { dtype: "i16", shape: [160], originTimes: [NOW, micros(NOW + 10_000)] } as const;
    const told = messagesOf("audio", { ...shape, rate: 100, payload: new Uint8Array(640) });
    expect(told).toMatchObject([{ time: NOW, body: { sample_rate: 16_000 } }]);
    expect(messagesOf("audio", { dtype: "f32", shape: [160] })).toEqual([]);
  });

  it("of pictures have the rows' length in bytes, and three channels only in bytes", () => {
    const colours = { shape: [2, 4, 3], payload: new Uint8Array(24) };
    expect(messagesOf("video", colours)).toMatchObject([
      { body: { width: 4, height: 2, encoding: "rgb8", step: 12 } },
    ]);
    const depth = { dtype: "f32", shape: [2, 4], payload: new Uint8Array(32) } as const;
    expect(messagesOf("video", depth)).toMatchObject([{ body: { encoding: "32FC1", step: 16 } }]);
    const many = { dtype: "f32", shape: [2, 4, 3], payload: new Uint8Array(96) } as const;
    expect(messagesOf("video", many)).toEqual([]);
    expect(messagesOf("video", { shape: [8], payload: new Uint8Array(8) })).toEqual([]);
  });

  it("that cannot be read give no message", () => {
    const text = { dtype: "utf8", shape: [], payload: new TextEncoder().encode("{") } as const;
    expect(messagesOf("text", text)).toEqual([]);
    expect(messagesOf("sensor", text)).toEqual([]);
  });
});
