import type { WebSocket } from "@fastify/websocket";

import {
  decodeJoinClient,
  encodeJoin,
  type FramesMessage,
  type JoinClientMessage,
  type JoinServerMessage,
  type JoinStream,
} from "../joinProtocol.ts";
import type { JoinDesk } from "./JoinDesk.ts";
import { JoinFeed, type JoinFeedCounters } from "./JoinFeed.ts";
import type { JoinOffer } from "./joinOffers.ts";

/** What pages did, counted since the server's start. */
export interface JoinCounters extends JoinFeedCounters {
  /** Pages connected now. */
  pages: number;
  /** Messages that were none, or did not fit their stream. */
  malformed: number;
  /** Pages that showed no token or a wrong one. */
  refused: number;
}

/**
 * One page that senses: its frames go to the pipeline by ZeroMQ, like any other sensor's.
 *
 * Key behaviours:
 * - The page opens what it is offered one by one; each stream that it then feeds has a publisher with a boot id
 *   of its own.
 * - Frames that do not fit what was offered are counted and answered with `refused`; the rest goes on.
 * - A page that vanishes just falls silent, as a sensor does whose plug is pulled; one that closes a stream
 *   says bye. Whoever opens the session sees to it that the socket of a page that is gone closes (`SocketWatch`).
 */
export class JoinSession {
  readonly #socket: WebSocket;
  readonly #desk: JoinDesk;
  readonly #counters: JoinCounters;
  readonly #feeds = new Map<string, JoinFeed>();
  /** Messages are dealt with one after the other: opening a stream takes a moment. */
  #turn: Promise<void> = Promise.resolve();
  #complaints = 0;

  constructor(socket: WebSocket, desk: JoinDesk, counters: JoinCounters) {
    this.#socket = socket;
    this.#desk = desk;
    this.#counters = counters;
    counters.pages += 1;
    socket.on("message", (data: Buffer, isBinary: boolean) => {
      const { message, problem } = isBinary
        ? decodeJoinClient(data)
        : { message: undefined, problem: "message: expected a binary frame, got text" };
      if (message === undefined) this.#complain("", problem);
      // Answered at once: what waits behind other messages would tell a wrong time.
      else if (message.kind === "probe")
        this.#tell({ kind: "probed", id: message.id, time: desk.clock.now() });
      else
        this.#turn = this.#turn
          .then(() => this.#hear(message))
          .catch((cause: unknown) => this.#complain("", String(cause)));
    });
    socket.on("error", () => {
      counters.malformed += 1;
    });
    socket.on("close", () => {
      counters.pages -= 1;
      this.#turn = this.#turn
        .then(async () => {
          for (const name of [...this.#feeds.keys()]) await this.#close(name, { saysBye: false });
        })
        .catch((cause: unknown) => this.#complain("", String(cause)));
    });
    this.#tell({
      kind: "welcome",
      pipeline: desk.pipeline,
      summary: desk.summary,
      streams: desk.offers.map(told),
    });
  }

  async #hear(message: Exclude<JoinClientMessage, { kind: "probe" }>): Promise<void> {
    if (message.kind === "open") await this.#open(message.stream);
    else if (message.kind === "close") await this.#close(message.stream, { saysBye: true });
    else this.#handOn(message);
  }

  async #open(name: string): Promise<void> {
    const offer = this.#desk.offers.find((known) => known.name === name);
    if (offer === undefined) this.#complain(name, `there is no stream ${name}`);
    if (offer === undefined || this.#feeds.has(name)) return;
    const fail = (cause: unknown): void => this.#complain(name, String(cause));
    this.#feeds.set(name, await JoinFeed.open(offer, this.#desk, this.#counters, fail));
    this.#tell({ kind: "opened", stream: name });
  }

  #handOn(message: FramesMessage): void {
    const { stream: name } = message;
    const feed = this.#feeds.get(name);
    try {
      const problem = feed === undefined ? `${name} is not open` : feed.handOn(message);
      if (problem !== undefined) this.#complain(name, problem);
    } catch (cause) {
      this.#complain(name, cause instanceof Error ? cause.message : String(cause));
    }
  }

  async #close(name: string, { saysBye }: { readonly saysBye: boolean }): Promise<void> {
    const feed = this.#feeds.get(name);
    this.#feeds.delete(name);
    await feed?.close({ now: this.#desk.clock.now(), saysBye });
  }

  #complain(stream: string, text: string): void {
    this.#counters.malformed += 1;
    // A page that keeps sending nonsense is told at each power of two, not each time.
    this.#complaints += 1;
    if (Number.isInteger(Math.log2(this.#complaints)))
      this.#tell({ kind: "refused", stream, text });
  }

  #tell(message: JoinServerMessage): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(encodeJoin(message));
  }
}

/** An offer as a page is told of it. */
function told({ name, form, source, hint, rest, feeds, converter }: JoinOffer): JoinStream {
  const { modality, dtype, shape, rate, unit } = form;
  return {
    ...{ stream: name, modality, dtype, shape, rate: rate === "irregular" ? 0 : rate, unit },
    ...(source !== undefined && { source }),
    ...(hint !== undefined && { hint }),
    ...(rest !== undefined && { rest }),
    ...(converter !== undefined && { becomes: feeds.map(({ stream }) => stream) }),
  };
}
