import { Observable } from "rxjs";
import { Dealer } from "zeromq";

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
  /** Keys for a pipeline that encrypts. */
  readonly curve?: CurveClient;
  /** Gives up waiting for the welcome. */
  readonly signal?: AbortSignal;
}

/**
 * A sensor's end of the control path.
 *
 * - `open` says hello and waits for the welcome, for as long as the pipeline takes to be there.
 * - Bytes that are not ours are ignored. Owns its socket until disposed.
 */
export class ControlClient {
  /** The pipeline's answer: whose time counts, and what time it is. */
  readonly welcome: Welcome;
  /** The driven clock as it moves. One subscriber; unsubscribing closes the client. */
  readonly ticks: Observable<Micros>;

  readonly #socket: Dealer;

  private constructor(socket: Dealer, welcome: Welcome) {
    this.#socket = socket;
    this.welcome = welcome;
    this.ticks = new Observable((subscriber) => {
      const forward = async (): Promise<void> => {
        while (!socket.closed) {
          const message = await receive(socket);
          if (message?.kind === "tick") subscriber.next(message.now);
        }
      };
      forward().then(
        () => subscriber.complete(),
        (cause: unknown) => {
          if (socket.closed) subscriber.complete();
          else subscriber.error(new SensorError("ControlClient", "expected a message", { cause }));
        },
      );
      return () => socket.close();
    });
  }

  /**
   * @throws {ConfigError} If the address is malformed.
   * @throws The signal's reason, if it aborts before the welcome.
   */
  static async open({
    connect,
    hello,
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
        const message = await receive(socket);
        if (message?.kind === "welcome") return new ControlClient(socket, message);
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

async function receive(socket: Dealer): Promise<ControlMessage | undefined> {
  const [body, ...rest] = await socket.receive();
  try {
    return body && rest.length === 0 ? decodeControl(body) : undefined;
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}
