import { type Observable, Subject } from "rxjs";
import { Router } from "zeromq";

import type { Clock } from "../clock/Clock.ts";
import { ConfigError, SensorError, WireError } from "../errors.ts";
import type { Micros } from "../units.ts";
import { checkBindAddress } from "./address.ts";
import type { CurveGuard } from "./CurveGuard.ts";
import { type ClockKind, decodeControl, encodeControl, type Hello } from "./controlMessage.ts";
import { topicOf } from "./topic.ts";

/** Sensors greeted at a time; more are ignored and counted. */
const MAX_PEERS = 256;

export interface ControlServerOptions {
  /** The pipeline's clock: its time goes out with each welcome. */
  readonly clock: Clock;
  /** Whether sensors run on their machine's time or on our ticks. */
  readonly clockKind: ClockKind;
  /** Address sensors connect to; a free port of the loopback interface unless given. */
  readonly bind?: string;
  /** Encrypts and lets in only who is on its list. Borrowed. */
  readonly guard?: CurveGuard;
  /** Allows `bind` to be reached from other machines without a guard. */
  readonly insecure?: boolean;
}

/**
 * The pipeline's end of the control path.
 *
 * - Answers each sensor's hello with the time, and announces it on `hellos`.
 * - One peer per stream: a restarted sensor takes the place of its predecessor.
 * - Bytes that are no hello are counted in `refused` and ignored. Peers that are gone are forgotten.
 * - Owns its socket until disposed.
 */
export class ControlServer {
  readonly endpoint: string;
  /** Sensors as they report. Hot; completes when disposed. */
  readonly hellos: Observable<Hello>;

  readonly #socket: Router;
  readonly #options: ControlServerOptions;
  readonly #peers = new Map<string, Uint8Array>();
  readonly #greeted = new Subject<Hello>();
  #tail: Promise<void> = Promise.resolve();
  #refused = 0;
  #closed = false;

  private constructor(socket: Router, endpoint: string, options: ControlServerOptions) {
    this.#socket = socket;
    this.endpoint = endpoint;
    this.#options = options;
    this.hellos = this.#greeted.asObservable();
    this.#receive().catch((cause: unknown) => {
      if (!this.#closed)
        this.#greeted.error(new SensorError("ControlServer", "expected a message", { cause }));
    });
  }

  /** @throws {ConfigError} If the address cannot be used, or listens beyond this machine unasked. */
  static async open(options: ControlServerOptions): Promise<ControlServer> {
    const bind = options.bind ?? "tcp://127.0.0.1:*";
    const { guard } = options;
    checkBindAddress("ControlServer", bind, guard !== undefined || (options.insecure ?? false));
    const socket = new Router({
      ...guard?.serverOptions,
      mandatory: true,
      linger: 0,
      maxMessageSize: 1024 * 1024,
      // A peer that is just going is neither reachable nor unreachable: a send would wait for ever.
      sendTimeout: 100,
    });
    guard?.watch(socket, "control path");
    try {
      await socket.bind(bind);
    } catch (cause) {
      socket.close();
      throw new ConfigError("ControlServer", `expected a usable address, got ${bind}`, { cause });
    }
    return new ControlServer(socket, socket.lastEndpoint ?? bind, options);
  }

  /** Messages that were not a hello. */
  get refused(): number {
    return this.#refused;
  }

  /** Tells every sensor that the driven clock has moved; settles when all have been told. */
  tick(now: Micros): Promise<void> {
    const bytes = encodeControl({ kind: "tick", now });
    for (const name of this.#peers.keys()) this.#send(name, bytes);
    return this.#tail;
  }

  /** Closes the socket. Idempotent. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.close();
    this.#greeted.complete();
  }

  async #receive(): Promise<void> {
    while (!this.#closed) {
      const [peer, body, ...rest] = await this.#socket.receive();
      const hello = peer && body && rest.length === 0 ? helloOf(body) : undefined;
      const name = hello && topicOf(hello.site, hello.stream);
      if (!peer || !hello || !name || (this.#peers.size >= MAX_PEERS && !this.#peers.has(name))) {
        this.#refused++;
        continue;
      }
      this.#peers.set(name, Uint8Array.from(peer));
      const { clock, clockKind } = this.#options;
      this.#send(name, encodeControl({ kind: "welcome", clock: clockKind, now: clock.now() }));
      this.#greeted.next(hello);
    }
  }

  #send(name: string, bytes: Uint8Array): void {
    const peer = this.#peers.get(name);
    if (peer === undefined) return;
    this.#tail = this.#tail.then(async () => {
      if (this.#closed) return;
      try {
        await this.#socket.send([peer, bytes]);
      } catch {
        // EHOSTUNREACH or EAGAIN: its process is gone or going. A successor will say hello itself.
        if (this.#peers.get(name) === peer) this.#peers.delete(name);
      }
    });
  }
}

function helloOf(bytes: Uint8Array): Hello | undefined {
  try {
    const message = decodeControl(bytes);
    return message.kind === "hello" ? message : undefined;
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}
