/**
 * The language between the server and a dashboard: msgpack over a WebSocket, one message per frame.
 *
 * On the wire a message is `[version, message]`; rows travel as columns. This file and what it imports
 * run in a browser too, and are all that a dashboard may import from here besides `units.ts`.
 */
import { Packr } from "msgpackr";

import type { Micros } from "../units.ts";
import {
  boolean,
  type Check,
  dictionary,
  integer,
  list,
  number,
  oneOf,
  optional,
  pairOf,
  record,
  text,
  union,
} from "./check.ts";
import { type Decoded, packMessage, unpackMessage } from "./envelope.ts";
import type {
  AlignmentGauge,
  ClientMessage,
  CodeGauge,
  Delay,
  EventsMessage,
  GaugesMessage,
  HelloMessage,
  KnownLabel,
  LatencyMessage,
  LearningMessage,
  LiveEvent,
  NextRow,
  PingMessage,
  PongMessage,
  ProblemMessage,
  RecordingState,
  ReplugMessage,
  RowsMessage,
  ServerMessage,
  SkippedMessage,
  StatusMessage,
  StreamInfo,
  StreamState,
  StreamsMessage,
  StreamWait,
  SubsetGauge,
  TruthMessage,
  UnplugMessage,
  ViewDescription,
} from "./messages.ts";
import { packRows, type RowColumns, rowColumns, unpackRows } from "./rowColumns.ts";

export type * from "./messages.ts";

/** Version of this language; a reader refuses every other. */
export const PROTOCOL_VERSION = 1;

/** Address of the WebSocket below the server's. */
export const SOCKET_PATH = "/live";

/** Rows in the form in which they travel. */
type WireMessage = Exclude<ServerMessage, RowsMessage> | ({ readonly kind: "rows" } & RowColumns);

// Fractions lose nothing that a screen could show as 32-bit floats; integers beyond 32 bits stay exact.
const packr = new Packr({ useRecords: false, useFloat32: 1 });

/** A message from the server as the bytes of one WebSocket frame. */
export function encodeMessage(message: ServerMessage): Uint8Array<ArrayBuffer> {
  const wire: WireMessage =
    message.kind === "rows" ? { kind: "rows", ...packRows(message.rows) } : message;
  return packMessage(packr, PROTOCOL_VERSION, wire);
}

/** What a client wants to say as the bytes of one WebSocket frame. */
export function encodeClientMessage(message: ClientMessage): Uint8Array<ArrayBuffer> {
  return packMessage(packr, PROTOCOL_VERSION, message);
}

/** A message from the server, checked field by field. Views borrow from `frame`. Never throws. */
export function decodeMessage(frame: Uint8Array): Decoded<ServerMessage> {
  const { message, problem } = unpackMessage(packr, PROTOCOL_VERSION, frame, serverMessage);
  if (message === undefined) return { problem };
  return {
    message: message.kind === "rows" ? { kind: "rows", rows: unpackRows(message) } : message,
  };
}

/** A message from a client, checked field by field. Never throws. */
export function decodeClientMessage(frame: Uint8Array): Decoded<ClientMessage> {
  return unpackMessage(packr, PROTOCOL_VERSION, frame, clientMessage);
}

const time = integer<Micros>();
const name = text(64);
const probability = number(0, 1.000_001); // a float32 mean of ones may end a hair above 1

const view = union<ViewDescription>({
  columns: record({
    kind: oneOf("columns"),
    bins: integer(1, 4_096),
    perRow: integer(1, 4_096),
  }),
  image: record({
    kind: oneOf("image"),
    width: integer(1, 4_096),
    height: integer(1, 4_096),
  }),
  lines: record({
    kind: oneOf("lines"),
    traces: integer(1, 64),
    perRow: integer(1, 4_096),
    names: optional(list(name, 64)),
  }),
  captions: record({ kind: oneOf("captions") }),
  none: record({ kind: oneOf("none") }),
});

const hello = record<HelloMessage>({
  kind: oneOf("hello"),
  pipeline: name,
  summary: text(),
  feed: text(256),
  period: integer<Micros>(1),
  lookAhead: integer<Micros>(0),
  finalDelay: optional(integer<Micros>(0)),
  classes: list(text(256)),
  silence: text(256),
  slots: dictionary(list(text(256))),
  streams: list(
    record<StreamInfo>({
      stream: name,
      modality: oneOf("audio", "video", "text", "sensor"),
      rate: number(0),
      unit: text(64),
      view,
      counts: boolean,
    }),
    1_024,
  ),
  codes: integer(0),
  model: text(256),
  untrained: optional(boolean),
  hasTruth: boolean,
});

const streams = record<StreamsMessage>({
  kind: oneOf("streams"),
  time,
  streams: list(
    record<StreamState>({
      stream: name,
      state: oneOf("starting", "live", "broken", "late", "idle", "rejoining", "unplugged", "ended"),
      rate: number(0),
      age: optional(time),
      counters: dictionary(integer(0)),
      doubt: optional(record({ reason: text(64), text: text(), since: time })),
      problem: optional(text()),
      pluggable: boolean,
    }),
    1_024,
  ),
  recording: optional(
    record<RecordingState>({
      state: oneOf("recording", "failed", "closed"),
      bytes: integer(0),
      problem: optional(text()),
    }),
  ),
});

const event = record<LiveEvent>({
  id: text(256),
  label: text(256),
  from: time,
  to: time,
  score: probability,
  evidence: dictionary(probability),
  modalities: list(name, 1_024),
  extents: optional(dictionary(pairOf(time))),
  state: oneOf("provisional", "final", "withdrawn"),
});

const truth = record<TruthMessage>({
  kind: oneOf("truth"),
  labels: list(
    record<KnownLabel>({
      label: text(256),
      slot: text(256),
      from: time,
      to: time,
      by: optional(text(256)),
    }),
  ),
});

const share = optional(probability);
const gauges = record<GaugesMessage>({
  kind: oneOf("gauges"),
  time,
  subsets: list(
    record<SubsetGauge>({
      streams: list(name, 1_024),
      rows: integer(0),
      agreement: share,
      eventAgreement: share,
      expected: share,
      confidence: share,
      labelled: integer(0),
      accuracy: share,
    }),
    4_096,
  ),
  alignment: list(
    record<AlignmentGauge>({ stream: name, cosine: optional(number(-1.01, 1.01)), dca: share }),
    1_024,
  ),
  codes: list(record<CodeGauge>({ streams: list(name, 2), share }), 4_096),
});

const delayFields = { last: time, p50: time, p99: time };
const latency = record<LatencyMessage>({
  kind: oneOf("latency"),
  total: record<Delay>(delayFields),
  hops: list(record({ name, ...delayFields }), 64),
});

const status = record<StatusMessage>({
  kind: oneOf("status"),
  state: oneOf("starting", "running", "waiting", "ended", "failed"),
  text: text(),
  blocking: list(name, 1_024),
  next: optional(
    record<NextRow>({
      index: integer(0),
      time,
      due: boolean,
      waits: list(record<StreamWait>({ stream: name, needs: time, has: optional(time) }), 1_024),
    }),
  ),
});

const learning = record<LearningMessage>({
  kind: oneOf("learning"),
  version: text(256),
  isPinned: boolean,
  isLearning: boolean,
  cause: optional(oneOf("learnt", "rollback", "pin", "unpin")),
  by: optional(text(256)),
  reason: optional(text()),
  verdict: optional(
    record<NonNullable<LearningMessage["verdict"]>>({
      published: boolean,
      reason: text(),
      serving: probability,
      candidate: probability,
      held: integer(0),
    }),
  ),
  labels: record<LearningMessage["labels"]>({
    given: integer(0),
    learnt: integer(0),
    held: integer(0),
    tooLate: integer(0),
  }),
  published: integer(0),
  discarded: integer(0),
  rolledBack: integer(0),
});

const serverMessage = union<WireMessage>({
  hello,
  streams,
  rows: rowColumns as Check<{ readonly kind: "rows" } & RowColumns>,
  events: record<EventsMessage>({ kind: oneOf("events"), events: list(event) }),
  truth,
  gauges,
  latency,
  status,
  learning,
  problem: record<ProblemMessage>({
    kind: oneOf("problem"),
    text: text(),
    stream: optional(name),
  }),
  pong: record<PongMessage>({ kind: oneOf("pong"), id: integer(), time }),
  skipped: record<SkippedMessage>({ kind: oneOf("skipped"), rows: integer(0) }),
});

const clientMessage = union<ClientMessage>({
  unplug: record<UnplugMessage>({ kind: oneOf("unplug"), stream: name }),
  replug: record<ReplugMessage>({ kind: oneOf("replug"), stream: name }),
  ping: record<PingMessage>({ kind: oneOf("ping"), id: integer() }),
});
