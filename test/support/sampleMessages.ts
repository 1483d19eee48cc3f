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
  {
    kind: "hello",
    pipeline: "new",
    summary: "",
    feed: "live",
    period: millis(100),
    lookAhead: millis(0),
    finalDelay: millis(300),
    classes: [],
    silence: "",
    slots: {},
    streams: [
      {
        stream: "tilt",
        modality: "sensor",
        rate: 50,
        unit: "rad",
        view: { kind: "lines", traces: 2, perRow: 1, names: ["x", "y"] },
        counts: false,
      },
    ],
    codes: 0,
    model: "untrained",
    untrained: true,
    hasTruth: false,
  },
  {
    kind: "streams",
    time: START,
    streams: [
      {
        stream: "audio",
        state: "broken",
        rate: 100,
        counters: {},
        doubt: { reason: "frozen", text: "says the same again and again", since: START },
        pluggable: true,
      },
    ],
    recording: { state: "failed", bytes: 5_000_000_000, problem: "no space left" },
  },
  {
    kind: "streams",
    time: START,
    streams: [],
    recording: { state: "recording", bytes: 0 },
  },
  {
    kind: "events",
    events: [
      {
        id: "e2",
        label: "blue",
        from: START,
        to: micros(START + 240_000),
        score: 1,
        evidence: {},
        modalities: [],
        extents: { audio: [START, micros(START + 120_000)] },
        state: "withdrawn",
      },
    ],
  },
  {
    kind: "truth",
    labels: [{ label: "bin", slot: "", from: START, to: micros(START + 1), by: "Ann" }],
  },
  {
    kind: "status",
    state: "waiting",
    text: "Row 12 waits for audio and video.",
    blocking: ["audio", "video"],
    next: {
      index: 12,
      time: START,
      due: true,
      waits: [
        { stream: "audio", needs: millis(40), has: millis(-80) },
        { stream: "video", needs: millis(0) },
      ],
    },
  },
  {
    kind: "learning",
    version: "tiny-1",
    isPinned: false,
    isLearning: false,
    labels: { given: 0, learnt: 0, held: 0, tooLate: 0 },
    published: 0,
    discarded: 0,
    rolledBack: 0,
  },
  {
    kind: "learning",
    version: "tiny-1.2",
    isPinned: true,
    isLearning: true,
    cause: "pin",
    by: "Ann",
    reason: "it was better yesterday",
    verdict: { published: true, reason: "better", serving: 0.75, candidate: 0.875, held: 16 },
    labels: { given: 9, learnt: 8, held: 7, tooLate: 6 },
    published: 5,
    discarded: 4,
    rolledBack: 3,
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
