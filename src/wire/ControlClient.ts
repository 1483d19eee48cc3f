import { type Observable, ReplaySubject } from "rxjs";
import { Dealer } from "zeromq";

import type { Clock } from "../clock/Clock.ts";
import { ConfigError, SensorError, WireError } from "../errors.ts";
import type { Micros } from "../units.ts";
import { type CurveClient, curveClientOptions } from "./CurveKeys.ts";
import {
  type ControlMessage,
  decodeControl,
  encodeControl,
  type Hello,
  type Refused,
  type Welcome,
} from "./controlMessage.ts";

export interface ControlClientOptions {
  /** The pipeline's control address. */
  readonly connect: string;
  readonly hello: Omit<Hello, "kind">;
  /** The sensor's clock: what probes are answered with. */
  readonly clock: Clock;
  /** Keys for a pipeline that encrypts. */
  readonly curve?: CurveClient;
  /** Gives up waiting for the welcome. */
  readonly signal?: AbortSignal;
}

/** A sign that a connection is alive each 2 s; one without any for 10 s is given up and made anew. */
const ALIVE = { heartbeatInterval: 2_000, heartbeatTimeout: 10_000 };

/**
 * A sensor's end of the control path.
 *
 * - `open` says hello and waits for the welcome, for as long as the pipeline takes to be there.
 * - When the connection was lost and is there again it says hello again: whoever answers may be another run
 *   of the pipeline, which knows nothing of us. What it says is told on `rejoins`.
 * - Answers the pipeline's probes of its clock, from the first moment to the last.
 * - Bytes that are not ours are ignored. Owns its socket until disposed.
 */
export class ControlClient {
  /** The pipeline's answer: whose time counts, and what time it is. */
  readonly welcome: Welcome;
  /** The driven clock as it moves: where it stands, then each move. Completes when disposed. */
  readonly ticks: Observable<Micros>;
  /**
   * Each later welcome: of the same run, or of another one. Completes when disposed; a `ConfigError` if the
   * pipeline that is there now has no use for the sensor.
   */
  readonly rejoins: Observable<Welcome>;

  readonly #line: Line;

  private constructor(line: Line, welcome: Welcome) {
    this.#line = line;
    this.welcome = welcome;
    // Nobody need listen at once: the last tick says all that the ones before it did.
    const ticks = new ReplaySubject<Micros>(1);
    const rejoins = new ReplaySubject<Welcome>(1);
    this.ticks = ticks.asObservable();
    this.rejoins = rejoins.asObservable();
    const listen = async (): Promise<void> => {
      while (!line.closed) {
        const message = await line.next();
        if (message?.kind === "tick") ticks.next(message.now);
        if (message?.kind === "welcome") rejoins.next(message);
        if (message?.kind === "refused") rejoins.error(refusal(message));
      }
    };
    listen()
      .then(
        () => ticks.complete(),
        (cause: unknown) => {
          if (line.closed) ticks.complete();
          else ticks.error(new SensorError("ControlClient", "expected a message", { cause }));
        },
      )
      .finally(() => rejoins.complete());
  }

  /**
   * @throws {ConfigError} If the address is malformed, or the pipeline has no use for the sensor.
   * @throws The signal's reason, if it aborts before the welcome.
   */
  static async open({
    connect,
    hello,
    clock,
    curve,
    signal,
  }: ControlClientOptions): Promise<ControlClient> {
    signal?.throwIfAborted();
    const security = curveClientOptions("ControlClient", curve);
    const socket = new Dealer({ linger: 0, maxMessageSize: 1024 * 1024, ...ALIVE, ...security });
    const line = new Line(socket, clock, encodeControl({ kind: "hello", ...hello }));
    const close = (): void => line.close();
    signal?.addEventListener("abort", close, { once: true });
    try {
      await line.open(connect);
      for (;;) {
        const message = await line.next();
        if (message?.kind === "welcome") return new ControlClient(line, message);
        if (message?.kind === "refused") throw refusal(message);
      }
    } catch (cause) {
      line.close();
      signal?.throwIfAborted();
      if (cause instanceof ConfigError) throw cause;
      throw new ConfigError("ControlClient", `expected a usable address, got ${connect}`, {
        cause,
      });
    } finally {
      signal?.removeEventListener("abort", close);
    }
  }

  /** Closes the socket and completes `ticks` and `rejoins`. Idempotent. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#line.close();
  }
}

function refusal({ problem }: Refused): ConfigError {
  return new ConfigError("the pipeline", problem);
}

/** A socket that says hello on each connection, and answers probes by itself. */
class Line {
  readonly #socket: Dealer;
  readonly #clock: Clock;
  readonly #hello: Uint8Array;
  #tail: Promise<void> = Promise.resolve();

  constructor(socket: Dealer, clock: Clock, hello: Uint8Array) {
    this.#socket = socket;
    this.#clock = clock;
    this.#hello = hello;
  }

  get closed(): boolean {
    return this.#socket.closed;
  }

  async open(connect: string): Promise<void> {
    let lost = false;
    // Waits in the socket's queue until there is a connection; a later one needs another.
    this.#socket.events.on("disconnect", () => {
      lost = true;
    });
    this.#socket.events.on("handshake", () => {
      if (lost) this.#send(() => this.#hello).catch(() => {});
      lost = false;
    });
    this.#socket.connect(connect);
    await this.#send(() => this.#hello);
  }

  /** The next message, undefined if it is none of ours; a probe has been answered when it is returned. */
  async next(): Promise<ControlMessage | undefined> {
    const message = await this.#receive();
    if (message?.kind !== "probe") return message;
    const { t0 } = message;
    const t1 = this.#clock.now();
    await this.#send(() => encodeControl({ kind: "echo", t0, t1, t2: this.#clock.now() }));
    return message;
  }

  close(): void {
    this.#socket.close();
  }

  /** A socket takes one send at a time. */
  #send(bytes: () => Uint8Array): Promise<void> {
    const sent = this.#tail.then(() => this.#socket.send(bytes()));
    this.#tail = sent.catch(() => {});
    return sent;
  }

  async #receive(): Promise<ControlMessage | undefined> {
    const [body, ...rest] = await this.#socket.receive();
    try {
      return body && rest.length === 0 ? decodeControl(body) : undefined;
    } catch (error) {
      if (error instanceof WireError) return undefined;
      throw error;
    }
  }
}
