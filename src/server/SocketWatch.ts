import type { WebSocket } from "@fastify/websocket";

import { type Micros, toMillis } from "../units.ts";

/**
 * Cuts off whoever has vanished without closing its WebSocket: a lid that was shut, a phone out of reach. Without
 * that TCP would take such a connection for whole for a quarter of an hour, or for ever where nothing is sent.
 *
 * Each is pinged again and again; one that neither answers nor says anything until the next ping is terminated,
 * which its owner is told by `close`. Whoever starts it disposes it.
 */
export class SocketWatch implements Disposable {
  /** Whether each has been heard since it was pinged. */
  readonly #heard = new Map<WebSocket, boolean>();
  readonly #timer: NodeJS.Timeout;

  /** @param every Time between two pings. */
  constructor(every: Micros) {
    this.#timer = setInterval(() => this.#ping(), toMillis(every)).unref();
  }

  /** Watches one until it is closed. */
  add(socket: WebSocket): void {
    // A long message on a slow line holds up the answer to a ping behind it.
    const heard = (): void => void this.#heard.set(socket, true);
    heard();
    socket.on("message", heard);
    socket.on("pong", heard);
    socket.on("close", () => this.#heard.delete(socket));
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #ping(): void {
    for (const [socket, wasHeard] of this.#heard) {
      this.#heard.set(socket, false);
      if (wasHeard) socket.ping();
      else socket.terminate();
    }
  }
}
