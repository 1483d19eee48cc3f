import type { Bytes, Micros } from "../units.ts";
import type { ServerMessage } from "./messages.ts";

/** The part of a WebSocket that a lane needs. */
export interface LaneSocket {
  /** Bytes handed over and not yet taken by the network. */
  readonly bufferedAmount: number;
  send(frame: Uint8Array): void;
  close(code: number, reason: string): void;
  terminate(): void;
}

/** When a client counts as slow, and when as lost. */
export interface LaneLimits {
  /** Unsent bytes above which rows are skipped for this client. */
  readonly highWaterMark: Bytes;
  /** Unsent bytes above which the client is closed whatever it is being sent. */
  readonly limit: Bytes;
  /** How long it may stay above `highWaterMark` before it is closed, in µs. */
  readonly patience: Micros;
}

/** Close code of a client that does not keep up: "try again later" (RFC 6455 registry). */
export const TRY_AGAIN_LATER = 1013;

type Kind = ServerMessage["kind"];

/** A newer message of these kinds says all that an older one did. */
const WHOLE_STATES: ReadonlySet<Kind> = new Set<Kind>([
  "streams",
  "status",
  "latency",
  "learning",
  "hello",
]);

/**
 * The way to one client. A slow one costs nobody else anything, and itself only what it cannot follow.
 *
 * Key behaviours:
 * - While more than `highWaterMark` bytes wait, rows are skipped and counted, whole states wait with the
 *   newest in place of the older, and everything else is sent all the same: it is small and must not get
 *   lost.
 * - When there is room again, the waiting states are sent, and how many rows were skipped.
 * - A client that stays above the mark for `patience`, or gets above `limit`, is closed with 1013, and its
 *   connection cut if the farewell does not get through within `patience` either.
 */
export class ClientLane {
  readonly #socket: LaneSocket;
  readonly #limits: LaneLimits;
  readonly #waiting = new Map<Kind, Uint8Array>();
  readonly #encodeSkipped: (rows: number) => Uint8Array;
  #slowSince: Micros | undefined;
  #unsaid = 0;
  #skipped = 0;
  #closedAt: Micros | undefined;

  constructor(socket: LaneSocket, limits: LaneLimits, encodeSkipped: (rows: number) => Uint8Array) {
    this.#socket = socket;
    this.#limits = limits;
    this.#encodeSkipped = encodeSkipped;
  }

  /** Rows that were not sent to this client so far. */
  get skipped(): number {
    return this.#skipped;
  }

  /** Whether the client was given up. */
  get closed(): boolean {
    return this.#closedAt !== undefined;
  }

  /** Sends a message of `kind` that holds `rows` rows, or does with it what the lane's rules say. */
  send(kind: Kind, frame: Uint8Array, rows: number, now: Micros): void {
    this.check(now);
    if (this.closed) return;
    if (this.#slowSince === undefined) {
      this.#socket.send(frame);
    } else if (kind === "rows") {
      this.#skipped += rows;
      this.#unsaid += rows;
    } else if (WHOLE_STATES.has(kind)) {
      this.#waiting.set(kind, frame);
    } else {
      this.#socket.send(frame);
    }
  }

  /** Looks whether there is room again, or patience has run out. To be called now and then. */
  check(now: Micros): void {
    if (this.#closedAt !== undefined) {
      if (now - this.#closedAt > this.#limits.patience) this.#socket.terminate();
      return;
    }
    const buffered = this.#socket.bufferedAmount;
    if (buffered > this.#limits.highWaterMark) {
      this.#slowSince ??= now;
      const outOfPatience = now - this.#slowSince > this.#limits.patience;
      if (outOfPatience || buffered > this.#limits.limit) this.#giveUp(now);
      return;
    }
    if (this.#slowSince === undefined) return;
    this.#slowSince = undefined;
    for (const frame of this.#waiting.values()) this.#socket.send(frame);
    this.#waiting.clear();
    if (this.#unsaid > 0) this.#socket.send(this.#encodeSkipped(this.#unsaid));
    this.#unsaid = 0;
  }

  #giveUp(now: Micros): void {
    this.#closedAt = now;
    this.#waiting.clear();
    this.#socket.close(TRY_AGAIN_LATER, "too slow, try again later");
  }
}
