import { type ReadonlySignal, signal } from "@preact/signals";

import {
  decodeJoinServer,
  encodeJoin,
  type JoinClientMessage,
  type JoinStream,
  type WelcomeMessage,
} from "../../../../src/server/joinProtocol.ts";
import type { Micros } from "../../../../src/units.ts";
import { ClockOffset } from "./ClockOffset.ts";

/** How the way to the pipeline is. */
export type LinkState = "connecting" | "open" | "lost" | "refused";

const [PROBE_FAST_MS, PROBE_SLOW_MS, FAST_PROBES] = [50, 2_000, 10] as const;
const [FIRST_WAIT_MS, LONGEST_WAIT_MS] = [250, 5_000] as const;
/** A probe that is not answered for this long means that the line is dead, however open the browser holds it. */
const SILENCE_MS = 8_000;
/** Bytes that may wait in the socket before frames are left out. */
const BACKLOG = 1_000_000;

/** The page's clock in µs since the Unix epoch; steady, but off by as much as the device's clock is. */
export function pageMicros(at = performance.now()): number {
  return (performance.timeOrigin + at) * 1_000;
}

/**
 * The way from this page to the pipeline: one WebSocket, opened again when it breaks.
 *
 * Streams that were open before it broke are opened again. Frames meanwhile are lost, and counted. One that has
 * fallen silent counts as broken: a page that was carried from one network into another would else wait for minutes.
 */
export class JoinLink {
  readonly state: ReadonlySignal<LinkState>;
  readonly welcome: ReadonlySignal<WelcomeMessage | undefined>;
  /** Why a stream was refused, by its name. */
  readonly refusals: ReadonlySignal<Readonly<Record<string, string>>>;
  /** Half the round trip of the best probe, in µs. */
  readonly uncertainty: ReadonlySignal<number | undefined>;
  /** Frames that did not get out. */
  lost = 0;

  readonly #url: string;
  readonly #state = signal<LinkState>("connecting");
  readonly #welcome = signal<WelcomeMessage | undefined>(undefined);
  readonly #refusals = signal<Readonly<Record<string, string>>>({});
  readonly #uncertainty = signal<number | undefined>(undefined);
  readonly #wanted = new Set<string>();
  readonly #probes = new Map<number, number>();
  /** When the first probe was sent that nothing has been heard since, in µs of the page's clock. */
  #unansweredSince: number | undefined;
  #clock = new ClockOffset();
  #socket: WebSocket | undefined;
  #probeId = 0;
  #wait: number = FIRST_WAIT_MS;

  /** @param url Of the WebSocket, with the token. */
  constructor(url: string) {
    this.#url = url;
    this.state = this.#state;
    this.welcome = this.#welcome;
    this.refusals = this.#refusals;
    this.uncertainty = this.#uncertainty;
    this.#connect();
  }

  /** Whether frames can be stamped and sent. */
  get isReady(): boolean {
    return this.#state.value === "open" && this.#clock.offset !== undefined;
  }

  /** The server's time of an instant of this page, in µs; undefined before the first probe. */
  serverTime(page: number): Micros | undefined {
    const { offset } = this.#clock;
    return offset === undefined ? undefined : (Math.max(0, Math.round(page + offset)) as Micros);
  }

  /** Begins to feed a stream. */
  open({ stream }: JoinStream): void {
    this.#wanted.add(stream);
    const { [stream]: _, ...others } = this.#refusals.value;
    this.#refusals.value = others;
    this.#say({ kind: "open", stream });
  }

  /** Ends feeding a stream. */
  close({ stream }: JoinStream): void {
    this.#wanted.delete(stream);
    this.#say({ kind: "close", stream });
  }

  /**
   * Sends frames of one stream.
   *
   * @param times When they were sensed, by the server's clock.
   * @param payload All of them back to back.
   * @returns Whether they got out.
   */
  send({ stream }: JoinStream, times: readonly Micros[], payload: Uint8Array): boolean {
    const isClear = this.#state.value === "open" && (this.#socket?.bufferedAmount ?? 0) < BACKLOG;
    if (isClear) this.#say({ kind: "frames", stream, times, payload });
    else this.lost += times.length;
    return isClear;
  }

  #connect(): void {
    this.#state.value = "connecting";
    const socket = new WebSocket(this.#url);
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    let wasOpen = false;
    socket.onopen = () => {
      wasOpen = true;
      this.#wait = FIRST_WAIT_MS;
      this.#clock = new ClockOffset();
      this.#unansweredSince = undefined;
      this.#state.value = "open";
      for (const stream of this.#wanted) this.#say({ kind: "open", stream });
      this.#probe(FAST_PROBES, socket);
    };
    socket.onmessage = ({ data }) => {
      if (data instanceof ArrayBuffer) this.#hear(new Uint8Array(data));
    };
    // A server that is there but never lets us in has another token by now.
    socket.onclose = () =>
      this.#retry(wasOpen || this.#welcome.value !== undefined ? "lost" : "refused");
  }

  #retry(state: "lost" | "refused"): void {
    this.#state.value = state;
    setTimeout(() => this.#connect(), this.#wait);
    this.#wait = Math.min(this.#wait * 2, LONGEST_WAIT_MS);
  }

  /** Gives up a line that is dead: where nobody answers, closing takes the browser up to a minute. */
  #giveUp(socket: WebSocket): void {
    socket.onmessage = null;
    socket.onclose = null;
    socket.close();
    this.#retry("lost");
  }

  #probe(fast: number, socket: WebSocket): void {
    if (socket !== this.#socket || socket.readyState !== WebSocket.OPEN) return;
    const sent = pageMicros();
    if (sent - (this.#unansweredSince ?? sent) > SILENCE_MS * 1_000) {
      this.#giveUp(socket);
      return;
    }
    this.#unansweredSince ??= sent;
    const id = this.#probeId++;
    this.#probes.clear(); // an answer that comes after the next probe is too slow to tell anything
    this.#probes.set(id, sent);
    this.#say({ kind: "probe", id });
    setTimeout(() => this.#probe(fast - 1, socket), fast > 0 ? PROBE_FAST_MS : PROBE_SLOW_MS);
  }

  #hear(frame: Uint8Array): void {
    const received = pageMicros();
    this.#unansweredSince = undefined;
    const { message } = decodeJoinServer(frame);
    if (message === undefined) return;
    if (message.kind === "welcome") this.#welcome.value = message;
    else if (message.kind === "refused")
      this.#refusals.value = { ...this.#refusals.value, [message.stream]: message.text };
    else if (message.kind === "probed") {
      const sent = this.#probes.get(message.id);
      if (sent === undefined) return;
      this.#clock.add(sent, message.time, received);
      this.#uncertainty.value = this.#clock.uncertainty;
    }
  }

  #say(message: JoinClientMessage): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(encodeJoin(message));
  }
}
