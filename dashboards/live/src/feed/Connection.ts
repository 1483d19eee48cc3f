import {
  type ClientMessage,
  decodeMessage,
  encodeClientMessage,
  type ServerMessage,
} from "../../../../src/server/protocol.ts";
import type { LineState } from "./LineState.ts";

/** What a connection needs from the page. */
export interface ConnectionOptions {
  readonly url: string;
  readonly onMessage: (message: ServerMessage) => void;
  readonly onState: (state: LineState) => void;
  /** Called for each frame that is no message of ours. */
  readonly onMalformed: (problem: string) => void;
  /** ms, of the page's clock. */
  readonly now: () => number;
  /** In [0, 1): spreads the pages that lost the same server. */
  readonly random: () => number;
}

const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 5_000;
/** Nothing at all for this long means that the line is dead: chips alone come more often. */
const SILENCE_MS = 12_000;
const PING_MS = 4_000;
const TOO_SLOW = 1013;

/** A WebSocket that comes back by itself, with growing pauses, for as long as the page is open. */
export class Connection {
  readonly #options: ConnectionOptions;
  #socket: WebSocket | undefined;
  #failures = 0;
  #lastHeard = 0;
  #pings = new Map<number, number>();
  #nextPing = 0;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#open();
    setInterval(() => this.#keepAlive(), PING_MS);
  }

  /** Says something, if the line is open. */
  send(message: ClientMessage): boolean {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(encodeClientMessage(message));
    return true;
  }

  /** Time since the ping with this id, in ms; each can be asked for once. */
  roundTrip(id: number): number | undefined {
    const sent = this.#pings.get(id);
    this.#pings.delete(id);
    return sent === undefined ? undefined : this.#options.now() - sent;
  }

  #open(): void {
    const { url, onMessage, onState, onMalformed, now } = this.#options;
    onState({ kind: "connecting", again: this.#failures > 0 });
    this.#lastHeard = now();
    const socket = new WebSocket(url);
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      this.#failures = 0;
      this.#lastHeard = now();
      this.#pings.clear();
      onState({ kind: "open" });
      this.#ping();
    };
    socket.onmessage = (event) => {
      const data: unknown = event.data;
      this.#lastHeard = now();
      if (!(data instanceof ArrayBuffer)) return onMalformed("expected a binary frame, got text");
      const { message, problem } = decodeMessage(new Uint8Array(data));
      if (message === undefined) onMalformed(problem);
      else onMessage(message);
    };
    socket.onclose = ({ code }) => this.#retry(code === TOO_SLOW ? "this page was too slow" : "");
  }

  #retry(reason: string): void {
    this.#socket = undefined;
    const longest = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** this.#failures);
    this.#failures += 1;
    const delay = longest * (0.5 + 0.5 * this.#options.random());
    this.#options.onState({ kind: "lost", retryAt: this.#options.now() + delay, reason });
    setTimeout(() => this.#open(), delay);
  }

  #keepAlive(): void {
    const socket = this.#socket;
    if (socket === undefined) return;
    if (this.#options.now() - this.#lastHeard <= SILENCE_MS) {
      this.#ping();
      return;
    }
    // Where nobody answers, closing takes the browser up to a minute: it is not waited for.
    socket.onopen = null;
    socket.onmessage = null;
    socket.onclose = null;
    socket.close();
    this.#retry("");
  }

  #ping(): void {
    if (this.#socket?.readyState !== WebSocket.OPEN) return;
    this.#nextPing += 1;
    this.#pings.set(this.#nextPing, this.#options.now());
    this.send({ kind: "ping", id: this.#nextPing });
  }
}
