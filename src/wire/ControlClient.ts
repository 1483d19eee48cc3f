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

/**
 * A sensor's end of the control path.
 *
 * - `open` says hello and waits for the welcome, for as long as the pipeline takes to be there.
 * - Answers the pipeline's probes of its clock, from the first moment to the last.
 * - Bytes that are not ours are ignored. Owns its socket until disposed.
 */
export class ControlClient {
  /** The pipeline's answer: whose time counts, and what time it is. */
  readonly welcome: Welcome;
  /** The driven clock as it moves: where it stands, then each move. Completes when disposed. */
  readonly ticks: Observable<Micros>;

  readonly #socket: Dealer;

  private constructor(socket: Dealer, clock: Clock, welcome: Welcome) {
    this.#socket = socket;
    this.welcome = welcome;
    // Nobody need listen at once: the last tick says all that the ones before it did.
    const ticks = new ReplaySubject<Micros>(1);
    this.ticks = ticks.asObservable();
    const listen = async (): Promise<void> => {
      while (!socket.closed) {
        const message = await answered(socket, clock);
        if (message?.kind === "tick") ticks.next(message.now);
      }
    };
    listen().then(
      () => ticks.complete(),
      (cause: unknown) => {
        if (socket.closed) ticks.complete();
        else ticks.error(new SensorError("ControlClient", "expected a message", { cause }));
      },
    );
  }

  /**
   * @throws {ConfigError} If the address is malformed.
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
    const socket = new Dealer({ linger: 0, maxMessageSize: 1024 * 1024, ...security });
    const close = (): void => socket.close();
    signal?.addEventListener("abort", close, { once: true });
    try {
      socket.connect(connect);
      await socket.send(encodeControl({ kind: "hello", ...hello }));
      for (;;) {
        const message = await answered(socket, clock);
        if (message?.kind === "welcome") return new ControlClient(socket, clock, message);
      }
    } catch (cause) {
      socket.close();
      signal?.throwIfAborted();
      throw new ConfigError("ControlClient", `expected a usable address, got ${connect}`, {
        cause,
      });
    } finally {
      signal?.removeEventListener("abort", close);
    }
  }

  /** Closes the socket and completes `ticks`. Idempotent. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
  }
}

/** The next message; a probe has been answered when it is returned. */
async function answered(socket: Dealer, clock: Clock): Promise<ControlMessage | undefined> {
  const message = await receive(socket);
  if (message?.kind !== "probe") return message;
  const t1 = clock.now();
  await socket.send(encodeControl({ kind: "echo", t0: message.t0, t1, t2: clock.now() }));
  return message;
}

async function receive(socket: Dealer): Promise<ControlMessage | undefined> {
  const [body, ...rest] = await socket.receive();
  try {
    return body && rest.length === 0 ? decodeControl(body) : undefined;
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}
