import { createRequire } from "node:module";
import type { WebSocket } from "@fastify/websocket";
import type { FoxgloveServer as FoxgloveServerType, IWebSocket } from "@foxglove/ws-protocol";
import { Subscription } from "rxjs";

import { type Bytes, bytes, type Micros } from "../../units.ts";
import type { LiveFeed } from "../LiveFeed.ts";
import type { HelloMessage, ServerMessage } from "../messages.ts";
import { answerOf, eventOf, healthOf } from "./answerChannels.ts";
import { ANSWER, EVENT, HEALTH, type NamedSchema } from "./schemas.ts";
import { type FoxgloveMessage, streamChannel } from "./streamChannel.ts";
import { nanoseconds } from "./time.ts";

// A CommonJS module whose names Node's own loader of modules does not find.
const { FoxgloveServer } = createRequire(import.meta.url)(
  "@foxglove/ws-protocol",
) as typeof import("@foxglove/ws-protocol");

/** What viewers may ask for by name; the second is what newer ones say, and means the same. */
export const FOXGLOVE_PROTOCOLS: readonly string[] = ["foxglove.sdk.v1", "foxglove.websocket.v1"];

/** Below the server's address. */
export const FOXGLOVE_PATH = "/foxglove";

/** What may wait for a slow viewer before it is sent no more messages until it has caught up. */
const BACKLOG = bytes(4 * 1024 * 1024);

/**
 * Shows a running pipeline to Foxglove, Lichtblick and whatever else speaks their protocol: each stream's
 * frames, the answers, the events, and how the streams are.
 *
 * Key behaviours:
 * - Channels: `/streams/NAME` (pictures, sound, captions or numbers), `/answers`, `/events`, `/health`; JSON.
 * - Channels come and go with the streams, also while a viewer looks on.
 * - A stream's frames are converted only while somebody has subscribed to them.
 * - A viewer that does not keep up misses messages; nobody else notices.
 * - Viewers only look: what they publish or ask for beyond that is refused by the protocol itself.
 */
export class FoxgloveBridge implements Disposable {
  readonly #feed: LiveFeed;
  readonly #backlog: Bytes;
  readonly #server: FoxgloveServerType;
  readonly #sources = new Map<number, () => Subscription>();
  readonly #open = new Map<number, Subscription>();
  /** Channels of the streams that there are, by name. */
  readonly #streams = new Map<string, number>();
  readonly #hellos: Subscription;
  readonly #encoder = new TextEncoder();
  #skipped = 0;

  /** @param backlog Bytes that may wait for one viewer. */
  constructor(feed: LiveFeed, backlog: Bytes = BACKLOG) {
    this.#feed = feed;
    this.#backlog = backlog;
    const hello = feed.hello();
    this.#server = new FoxgloveServer({ name: `sensorium ${hello.pipeline}` });
    this.#offer(hello);
    this.#hellos = this.#listen((message) => {
      if (message.kind === "hello") this.#offer(message);
    });
    this.#channel("/answers", ANSWER, (send) =>
      this.#listen((message) => {
        if (message.kind !== "rows") return;
        const hello = feed.hello();
        for (const row of message.rows) send({ time: row.time, body: answerOf(row, hello) });
      }),
    );
    this.#channel("/events", EVENT, (send) =>
      this.#listen((message) => {
        if (message.kind !== "events") return;
        for (const event of message.events) send({ time: event.from, body: eventOf(event) });
      }),
    );
    this.#channel("/health", HEALTH, (send) =>
      this.#listen((message) => {
        if (message.kind !== "streams") return;
        send({ time: message.time, body: healthOf(message.time, message.streams) });
      }),
    );
    this.#server.on("subscribe", (channel) => {
      const source = this.#sources.get(channel);
      if (source !== undefined) this.#open.set(channel, source());
    });
    this.#server.on("unsubscribe", (channel) => {
      this.#open.get(channel)?.unsubscribe();
      this.#open.delete(channel);
    });
    // A frame that is none of the protocol's: the viewer is told by the protocol, nobody else minds.
    this.#server.on("error", () => {});
  }

  /** Messages that viewers were not sent because they did not keep up. */
  get skipped(): number {
    return this.#skipped;
  }

  /**
   * Takes over a viewer's connection; whoever hands it over sees to it that it closes when the viewer has vanished.
   *
   * @param name Its address, for the protocol's own messages.
   */
  welcome(socket: WebSocket, name: string): void {
    this.#server.handleConnection(this.#lane(socket), name);
  }

  [Symbol.dispose](): void {
    this.#hellos.unsubscribe();
    for (const subscription of this.#open.values()) subscription.unsubscribe();
    this.#open.clear();
  }

  /** A channel for each stream that there is now: sensors come and go. */
  #offer({ streams }: HelloMessage): void {
    const names = new Set(streams.map(({ stream }) => stream));
    for (const [stream, channel] of this.#streams) {
      if (names.has(stream)) continue;
      this.#streams.delete(stream);
      this.#sources.delete(channel);
      this.#open.get(channel)?.unsubscribe();
      this.#open.delete(channel);
      this.#server.removeChannel(channel);
    }
    for (const info of streams) {
      if (this.#streams.has(info.stream)) continue;
      const { schema, messages } = streamChannel(info);
      const channel = this.#channel(`/streams/${info.stream}`, schema, (send) => {
        const chunks = this.#feed.frames?.(info.stream);
        return chunks?.subscribe({
          next: (chunk) => messages(chunk).forEach(send),
          error: () => {},
        });
      });
      this.#streams.set(info.stream, channel);
    }
  }

  #channel(
    topic: string,
    { name, schema }: NamedSchema,
    open: (send: (message: FoxgloveMessage) => void) => Subscription | undefined,
  ): number {
    const channel = this.#server.addChannel({
      topic,
      encoding: "json",
      schemaName: name,
      schema: JSON.stringify(schema),
      schemaEncoding: "jsonschema",
    });
    const send = ({ time, body }: FoxgloveMessage): void =>
      this.#server.sendMessage(
        channel,
        nanoseconds(Math.max(0, time) as Micros),
        this.#encoder.encode(JSON.stringify(body)),
      );
    this.#sources.set(channel, () => open(send) ?? new Subscription());
    return channel;
  }

  #listen(hear: (message: ServerMessage) => void): Subscription {
    return this.#feed.messages.subscribe({ next: hear, error: () => {} });
  }

  /** The viewer's socket, from which messages are kept while too much waits in it. */
  #lane(socket: WebSocket): IWebSocket {
    // A message comes in parts: the first one decides, the last one has `fin`.
    let isSkipping: boolean | undefined;
    const send: IWebSocket["send"] = (data, options) => {
      const isLast = options?.fin !== false;
      isSkipping ??= typeof data !== "string" && socket.bufferedAmount > this.#backlog;
      if (isSkipping && isLast) this.#skipped += 1;
      if (!isSkipping && socket.readyState === socket.OPEN) socket.send(data, { fin: isLast });
      if (isLast) isSkipping = undefined;
    };
    // The library sets handlers and calls `send` on what it is given: the socket itself but for `send`.
    return new Proxy(socket as unknown as IWebSocket, {
      get: (target, property) => {
        if (property === "send") return send;
        const value: unknown = Reflect.get(target, property, target);
        return typeof value === "function" ? value.bind(target) : value;
      },
      set: (target, property, value) => Reflect.set(target, property, value, target),
    });
  }
}
