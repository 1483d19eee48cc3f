/**
 * The language between the server and a page that senses: msgpack over a WebSocket, one message per frame.
 *
 * This file and what it imports run in a browser too.
 */
import { Packr } from "msgpackr";

import type { Micros } from "../units.ts";
import {
  byteArray,
  type Check,
  integer,
  list,
  number,
  oneOf,
  optional,
  record,
  text,
  union,
} from "./check.ts";
import { type Decoded, packMessage, unpackMessage } from "./envelope.ts";

/** Version of this language; a reader refuses every other. */
export const JOIN_VERSION = 1;

/** Address of the WebSocket below the server's; the token is its query. */
export const JOIN_SOCKET_PATH = "/sense";

/** Frames in one message, at most. */
export const MOST_FRAMES = 64;

/** What of a page senses; `pad` gives pictures of a drawing, `pen` the way of the pen. */
export type JoinSource = "microphone" | "camera" | "pad" | "pen" | "motion" | "words";

/** A stream that a page may feed, or something of its own that becomes streams. */
export interface JoinStream {
  readonly stream: string;
  readonly modality: "audio" | "video" | "text" | "sensor";
  readonly dtype: "u8" | "i8" | "i16" | "u16" | "i32" | "f32" | "f64" | "utf8";
  /** Shape of one frame. */
  readonly shape: readonly number[];
  /** Frames per second; 0 where frames come as things happen. */
  readonly rate: number;
  readonly unit: string;
  /** What is to give it; whatever gives frames of this form unless said. */
  readonly source?: JoinSource | undefined;
  /** What a person should know who lends it. */
  readonly hint?: string | undefined;
  /** Of a pen: how long it is off the paper when what it drew is finished, in µs. */
  readonly rest?: number | undefined;
  /** The pipeline's streams that it is made into; absent where it is one itself. */
  readonly becomes?: readonly string[] | undefined;
}

/** The first message on every connection: what there is to feed. */
export interface WelcomeMessage {
  readonly kind: "welcome";
  readonly pipeline: string;
  readonly summary: string;
  readonly streams: readonly JoinStream[];
}

/** Answer to a probe: the server's clock when it answered. */
export interface ProbedMessage {
  readonly kind: "probed";
  readonly id: number;
  readonly time: Micros;
}

/** A stream is now fed by this page. */
export interface OpenedMessage {
  readonly kind: "opened";
  readonly stream: string;
}

/** A stream is not, or no longer, fed by this page, and why. */
export interface RefusedMessage {
  readonly kind: "refused";
  readonly stream: string;
  readonly text: string;
}

/** Everything that the server says. */
export type JoinServerMessage = WelcomeMessage | ProbedMessage | OpenedMessage | RefusedMessage;

/** The page will feed a stream. */
export interface OpenMessage {
  readonly kind: "open";
  readonly stream: string;
}

/** The page has stopped feeding a stream. */
export interface CloseMessage {
  readonly kind: "close";
  readonly stream: string;
}

/** Asks for a {@link ProbedMessage} with the same id: measures the way, and compares the clocks. */
export interface ProbeMessage {
  readonly kind: "probe";
  readonly id: number;
  /** What the page believes to be its clock's distance from the server's, and how sure it is, in µs. */
  readonly offset?: number;
  readonly uncertainty?: number;
}

/** Frames of one stream, oldest first. */
export interface FramesMessage {
  readonly kind: "frames";
  readonly stream: string;
  /** When each was sensed, by the server's clock as far as the page knows it. */
  readonly times: readonly Micros[];
  /** All frames back to back; of a `utf8` stream one. */
  readonly payload: Uint8Array;
}

/** Everything that a page says. */
export type JoinClientMessage = OpenMessage | CloseMessage | ProbeMessage | FramesMessage;

// Numbers as they are: times are beyond what a 32-bit float can say.
const packr = new Packr({ useRecords: false });

const name = text(64);
const time = integer<Micros>(0);

const serverMessage = union<JoinServerMessage>({
  welcome: record<WelcomeMessage>({
    kind: oneOf("welcome"),
    pipeline: name,
    summary: text(),
    streams: list(
      record<JoinStream>({
        stream: name,
        modality: oneOf("audio", "video", "text", "sensor"),
        dtype: oneOf("u8", "i8", "i16", "u16", "i32", "f32", "f64", "utf8"),
        shape: list(integer(1), 8),
        rate: number(0),
        unit: text(64),
        source: optional(oneOf("microphone", "camera", "pad", "pen", "motion", "words")),
        hint: optional(text()),
        rest: optional(number(0)),
        becomes: optional(list(name, 64)),
      }),
      1_024,
    ),
  }),
  probed: record<ProbedMessage>({ kind: oneOf("probed"), id: integer(0), time }),
  opened: record<OpenedMessage>({ kind: oneOf("opened"), stream: name }),
  refused: record<RefusedMessage>({ kind: oneOf("refused"), stream: name, text: text() }),
});

const clientMessage = union<JoinClientMessage>({
  open: record<OpenMessage>({ kind: oneOf("open"), stream: name }),
  close: record<CloseMessage>({ kind: oneOf("close"), stream: name }),
  probe: record<ProbeMessage>({
    kind: oneOf("probe"),
    id: integer(0),
    offset: optional(number()) as Check<number>,
    uncertainty: optional(number(0)) as Check<number>,
  }),
  frames: record<FramesMessage>({
    kind: oneOf("frames"),
    stream: name,
    times: list(time, MOST_FRAMES),
    payload: byteArray,
  }),
});

/** A message as the bytes of one WebSocket frame. */
export function encodeJoin(
  message: JoinServerMessage | JoinClientMessage,
): Uint8Array<ArrayBuffer> {
  return packMessage(packr, JOIN_VERSION, message);
}

/** What the server said, checked field by field. Never throws. */
export function decodeJoinServer(frame: Uint8Array): Decoded<JoinServerMessage> {
  return unpackMessage(packr, JOIN_VERSION, frame, serverMessage);
}

/** What a page said, checked field by field. Never throws. */
export function decodeJoinClient(frame: Uint8Array): Decoded<JoinClientMessage> {
  return unpackMessage(packr, JOIN_VERSION, frame, clientMessage);
}
