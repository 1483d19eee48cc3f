import type { ClientMessage, ServerMessage } from "../../src/server/protocol.ts";
import { micros, millis } from "../../src/units.ts";
import { talkingFaceStreams } from "./talkingFaceStreams.ts";

/** 2026-01-01T00:00:00Z: any instant does, as long as it needs more than 32 bits. */
export const START = micros(1_767_225_600_000_000);

/** One of each message that a server sends, every optional field once there and once not. */
export const SERVER_MESSAGES: readonly ServerMessage[] = [
  {
    kind: "hello",
    pipeline: "talking-face",
    summary: "Says which word is being said.",
    feed: "demo",
    period: millis(40),
    lookAhead: millis(120),
    classes: ["sil", "bin", "blue"],
    silence: "sil",
    slots: { command: ["bin"], colour: ["blue"] },
    streams: [
      ...talkingFaceStreams,
      {
        stream: "tilt",
        modality: "sensor",
        rate: 50,
        unit: "rad",
        view: { kind: "lines", traces: 3, perRow: 2 },
        counts: true,
      },
      {
        stream: "door",
        modality: "sensor",
        rate: 0,
        unit: "",
        view: { kind: "none" },
        counts: true,
      },
    ],
    codes: 256,
    model: "1.0",
    hasTruth: true,
  },
  {
    kind: "streams",
    time: START,
    streams: [
      {
        stream: "audio",
        state: "live",
        rate: 99.5,
        age: millis(12),
        counters: { late: 3 },
        pluggable: true,
      },
      {
        stream: "video",
        state: "idle",
        rate: 0,
        counters: {},
        problem: "expected 560 bytes, got 3",
        pluggable: false,
      },
    ],
  },
  {
    kind: "rows",
    rows: [
      {
        time: START,
        fused: [
          { class: 1, probability: 0.75 },
          { class: 0, probability: 0.25 },
        ],
        streams: {
          audio: {
            presence: "real",
            reading: { code: 7, margin: 0.5, weight: 0.75, top: [{ class: 1, probability: 0.5 }] },
            view: new Uint8Array([1, 2, 3]),
          },
          video: { presence: "missing", reason: "idle" },
        },
        subsets: [{ streams: ["audio"], class: 1, probability: 0.5 }],
      },
      {
        time: micros(START + 40_000),
        fused: [{ class: 0, probability: 1 }],
        streams: {
          audio: { presence: "held" },
          video: {
            presence: "interpolated",
            reading: { code: 0, margin: 0, weight: 1, top: [] },
          },
          text: {
            presence: "real",
            captions: [{ text: "bin", from: START, to: micros(START + 200_000) }],
          },
        },
        subsets: [
          { streams: ["video"], class: 0, probability: 0.5 },
          { streams: ["audio", "video"], class: 1, probability: 0.25 },
        ],
      },
    ],
  },
  { kind: "rows", rows: [] },
  {
    kind: "events",
    events: [
      {
        id: "e1",
        label: "bin",
        from: START,
        to: micros(START + 240_000),
        score: 0.875,
        evidence: { audio: 0.75, video: 0.5 },
        modalities: ["audio", "video"],
        state: "provisional",
      },
    ],
  },
  {
    kind: "truth",
    labels: [{ label: "bin", slot: "command", from: START, to: micros(START + 240_000) }],
  },
  {
    kind: "latency",
    total: { last: millis(31), p50: millis(30), p99: millis(71) },
    hops: [{ name: "wire", last: millis(1), p50: millis(1), p99: millis(2) }],
  },
  { kind: "status", state: "waiting", text: "Waiting for audio.", blocking: ["audio"] },
  {
    kind: "gauges",
    time: START,
    subsets: [
      {
        streams: ["audio", "video"],
        rows: 1_500,
        confidence: 0.9375,
        labelled: 40,
        accuracy: 0.875,
      },
      {
        streams: ["video"],
        rows: 1_500,
        agreement: 0.9375,
        eventAgreement: 0.875,
        expected: 0.90625,
        confidence: 0.875,
        labelled: 0,
      },
    ],
    alignment: [{ stream: "audio", cosine: 0.875, dca: 0.71875 }, { stream: "tilt" }],
    codes: [{ streams: ["audio", "video"], share: 0.4375 }, { streams: ["audio", "tilt"] }],
  },
  { kind: "problem", text: "nothing to unplug", stream: "tilt" },
  { kind: "problem", text: "that was no message" },
  { kind: "pong", id: 3, time: START },
  { kind: "skipped", rows: 12 },
];

/** One of each message that a client sends. */
export const CLIENT_MESSAGES: readonly ClientMessage[] = [
  { kind: "unplug", stream: "audio" },
  { kind: "replug", stream: "audio" },
  { kind: "ping", id: 7 },
];
