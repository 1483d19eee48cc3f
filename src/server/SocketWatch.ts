import type { WebSocket } from "@fastify/websocket";

import { type Micros, toMillis } from "../units.ts";

/** Periods in which whoever has not yet taken all it was sent must answer: the ping waits behind that. */
const PERIODS_BEHIND = 4;

/**
 * Cuts off whoever has vanished without closing its WebSocket: a lid that was shut, a phone out of reach. Without
 * that TCP would take such a connection for whole for a quarter of an hour, or for ever where nothing is sent.
 *
 * Each is pinged again and again; one that neither answers nor says anything until the next ping is terminated,
 * which its owner is told by `close`. One on a line so slow that something waited for it when it was pinged has
 * four times as long. Whoever starts it disposes it.
 */
export class SocketWatch implements Disposable {
  /** In how many periods each must be heard; 0 where it has been since it was pinged. */
  readonly #due = new Map<WebSocket, number>();
  readonly #timer: NodeJS.Timeout;

  /** @param every Time between two pings. */
  constructor(every: Micros) {
    this.#timer = setInterval(() => this.#ping(), toMillis(every)).unref();
  }

  /** Watches one until it is closed. */
  add(socket: WebSocket): void {
    // A long message on a slow line holds up the answer to a ping behind it.
    const heard = (): void => void this.#due.set(socket, 0);
    heard();
    socket.on("message", heard);
    socket.on("pong", heard);
    socket.on("close", () => this.#due.delete(socket));
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #ping(): void {
    for (const [socket, due] of this.#due) {
      if (due === 1) socket.terminate();
      else if (due > 1) this.#due.set(socket, due - 1);
      else {
        this.#due.set(socket, socket.bufferedAmount > 0 ? PERIODS_BEHIND : 1);
        socket.ping();
      }
    }
  }
}
