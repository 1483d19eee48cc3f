import { Observable, Subject, type Subscriber } from "rxjs";
import { Pull, Subscriber as SubSocket } from "zeromq";

import type { Clock } from "../clock/Clock.ts";
import { ConfigError, SensorError, WireError } from "../errors.ts";
import type { StreamDescription } from "../frames/StreamDescription.ts";
import { checkBindAddress, isLocalAddress, parsePublisher } from "./address.ts";
import { CreditGate } from "./CreditGate.ts";
import type { CurveGuard } from "./CurveGuard.ts";
import { curveClientOptions } from "./CurveKeys.ts";
import { checkChunk } from "./checkChunk.ts";
import { decodeMessage } from "./decodeMessage.ts";
import type { StreamTally } from "./StreamTally.ts";
import { topicOf } from "./topic.ts";
import { type Refusal, WireCounters } from "./WireCounters.ts";
import { MAX_HEADER_BYTES, MAX_PAYLOAD_BYTES, type WireMessage } from "./WireMessage.ts";

/** A publisher without any sign for 10 s is connected to anew: who only listens would never know that it is gone. */
const ALIVE = { heartbeatInterval: 2_000, heartbeatTimeout: 10_000 };
/**
 * Whoever vanished without a word, cable and all, is not kept for ever. By the system's own means: a sensor that
 * is merely stopped answers these, and loses nothing.
 */
const KEPT_ALIVE = {
  tcpKeepalive: 1,
  tcpKeepaliveIdle: 30,
  tcpKeepaliveInterval: 10,
  tcpKeepaliveCount: 3,
};

export interface InletOptions {
  /** The streams that may come in; messages of others are refused as `unknown-stream`. */
  readonly streams: readonly StreamDescription[];
  /** Gives arrival times. */
  readonly clock: Clock;
  /** Address sensors push to; a free port of the loopback interface unless given. */
  readonly bind?: string;
  /**
   * Publishers elsewhere to subscribe to (PUB/SUB: lossy where they outrun us): their addresses, and with a
   * guard `who@address`, by name or key on its list. In clear with a guard only on this machine.
   */
  readonly connect?: readonly string[];
  /** Messages handed out and not yet released, at most. */
  readonly credit?: number;
  /** Messages that may wait in each socket's queue. */
  readonly highWaterMark?: number;
  /** Largest payload accepted, in bytes. */
  readonly maxPayload?: number;
  /** Encrypts what comes in by `bind` and `who@` and lets in only who is on its list. Borrowed. */
  readonly guard?: CurveGuard;
  /** Allows `bind` to be reached from other machines without a guard, and `connect` in clear with one. */
  readonly insecure?: boolean;
}

/** A stream that may come in. */
interface Lane {
  readonly description: StreamDescription;
  readonly tally: StreamTally;
}

/** One message, and the credit it holds. */
export class Delivery {
  readonly message: WireMessage;
  #gate: CreditGate | undefined;

  constructor(message: WireMessage, gate: CreditGate) {
    this.message = message;
    this.#gate = gate;
  }

  /** Says that the message is dealt with; another may come in its place. More than once does nothing. */
  release(): void {
    this.#gate?.release();
    this.#gate = undefined;
  }
}

/**
 * Where sensors' messages come in.
 *
 * - Binds a PULL socket: what sensors push there waits for us, nothing is lost. Subscribes to the
 *   publishers in `connect`, which drop what we are too slow for; `counters` says how much.
 * - Takes no more than `credit` messages at a time; the rest waits in the sockets, then at the sensors.
 * - A message that is not one of ours, of a stream nobody declared or not what its stream declared is
 *   counted, a sample kept, and announced on `refusals`; it never ends or delays anything else.
 * - Owns its sockets: closed by `dispose`, or by unsubscribing from `deliveries`.
 */
export class Inlet {
  /** Address to push to, with the port that was found. */
  readonly endpoint: string;
  /** Messages in the order they came. One subscriber; nothing is received before it subscribes. */
  readonly deliveries: Observable<Delivery>;
  /** Each refused message as it happens. Nothing is kept for late subscribers. */
  readonly refusals: Observable<Refusal>;
  readonly counters: WireCounters;

  readonly #sockets: readonly (Pull | SubSocket)[];
  readonly #clock: Clock;
  /** By site, then by name: what a message names is looked up without making a string. */
  readonly #lanes = new Map<string, Map<string, Lane>>();
  readonly #maxPayload: number;
  readonly #gate: CreditGate;
  readonly #refused = new Subject<Refusal>();
  #subscriber: Subscriber<Delivery> | undefined;
  #closed = false;

  private constructor(
    sockets: readonly (Pull | SubSocket)[],
    endpoint: string,
    options: InletOptions,
  ) {
    this.#sockets = sockets;
    this.endpoint = endpoint;
    this.#clock = options.clock;
    this.#maxPayload = options.maxPayload ?? MAX_PAYLOAD_BYTES;
    this.#gate = new CreditGate(options.credit ?? 256);
    this.counters = new WireCounters(options.streams);
    for (const description of options.streams) this.#open(description);
    this.refusals = this.#refused.asObservable();
    this.deliveries = new Observable((subscriber) => this.#start(subscriber));
  }

  /**
   * Opens the sockets.
   *
   * @throws {ConfigError} If an option is out of range, an address is in use or malformed, or would
   *   listen beyond this machine without `guard` or `insecure`.
   */
  static async open(options: InletOptions): Promise<Inlet> {
    const bind = options.bind ?? "tcp://127.0.0.1:*";
    const { guard } = options;
    checkBindAddress("Inlet", bind, guard !== undefined || (options.insecure ?? false));
    if (!((options.credit ?? 1) >= 1))
      throw new ConfigError("Inlet", `credit must be >= 1, got ${options.credit}`);
    const limits = {
      receiveHighWaterMark: options.highWaterMark ?? 1_000,
      // Twice what we accept: a message somewhat too big is counted, a huge one costs its sender the
      // connection before it costs us the memory.
      maxMessageSize: 2 * Math.max(options.maxPayload ?? MAX_PAYLOAD_BYTES, MAX_HEADER_BYTES),
      linger: 0,
    };
    const publishers = (options.connect ?? []).map((text) => publisherOf(text, options));
    const pull = new Pull({ ...limits, ...KEPT_ALIVE, ...guard?.serverOptions });
    guard?.watch(pull, "sensors' inlet");
    const sockets: (Pull | SubSocket)[] = [pull];
    let tried = bind;
    try {
      await pull.bind(bind);
      for (const { address, security } of publishers) {
        tried = address;
        const sub = new SubSocket({ ...limits, ...ALIVE, ...security });
        sockets.push(sub);
        sub.connect(address);
        sub.subscribe(...options.streams.map((s) => topicOf(s.site, s.stream)));
      }
    } catch (cause) {
      for (const socket of sockets) socket.close();
      throw new ConfigError(
        "Inlet",
        `expected a usable address, got ${tried}: ${describe(cause)}`,
        {
          cause,
        },
      );
    }
    return new Inlet(sockets, pull.lastEndpoint ?? bind, options);
  }

  /** Lets a further stream in, from here on. */
  declare(description: StreamDescription): void {
    const { site, stream } = description;
    this.counters.declare(description);
    this.#open(description);
    for (const socket of this.#subscribers) socket.subscribe(topicOf(site, stream));
  }

  /** Refuses a stream, from here on, as if it had never been declared. */
  withdraw({ site, stream }: StreamDescription): void {
    this.#lanes.get(site)?.delete(stream);
    this.counters.withdraw({ site, stream });
    for (const socket of this.#subscribers) socket.unsubscribe(topicOf(site, stream));
  }

  #open(description: StreamDescription): void {
    const { site, stream } = description;
    const lane = { description, tally: this.counters.tally(site, stream) };
    this.#lanes.set(site, (this.#lanes.get(site) ?? new Map()).set(stream, lane));
  }

  get #subscribers(): SubSocket[] {
    if (this.#closed) return [];
    return this.#sockets.filter((socket): socket is SubSocket => socket instanceof SubSocket);
  }

  /** Closes the sockets and completes the streams. Idempotent. The address is free some moments later. */
  async [Symbol.asyncDispose](): Promise<void> {
    // Not unbind(): libzmq 4.3.5 aborts the process when an inproc socket with peers is unbound.
    this.#close();
  }

  #start(subscriber: Subscriber<Delivery>): () => void {
    if (this.#subscriber !== undefined) {
      subscriber.error(
        new ConfigError("Inlet", "expected one subscriber of deliveries, got another"),
      );
      return () => {};
    }
    this.#subscriber = subscriber;
    for (const socket of this.#sockets)
      this.#receive(socket, subscriber).catch((cause: unknown) => {
        if (this.#closed) return;
        subscriber.error(
          new SensorError("Inlet", `expected a message, got ${describe(cause)}`, { cause }),
        );
      });
    return () => this.#close();
  }

  async #receive(socket: Pull | SubSocket, subscriber: Subscriber<Delivery>): Promise<void> {
    for (;;) {
      const wait = this.#gate.acquire();
      if (wait) await wait;
      if (this.#closed) return;
      const delivery = this.#deliver(await socket.receive());
      if (delivery) subscriber.next(delivery);
      else this.#gate.release();
    }
  }

  #deliver(parts: readonly Buffer[]): Delivery | undefined {
    const arrivalTime = this.#clock.now();
    try {
      return new Delivery(this.#accept(parts, arrivalTime), this.#gate);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.#refused.next(this.counters.refuse(parts, error, arrivalTime));
      return undefined;
    }
  }

  #accept(parts: readonly Buffer[], arrivalTime: ReturnType<Clock["now"]>): WireMessage {
    const message = decodeMessage(parts, { arrivalTime, maxPayload: this.#maxPayload });
    const about = message.kind === "data" ? message.chunk : message;
    const lane = this.#lanes.get(about.site)?.get(about.stream);
    if (lane === undefined)
      throw new WireError(
        "Inlet",
        "unknown-stream",
        `expected a declared stream, got ${about.stream}`,
      );
    if (message.kind === "data") {
      checkChunk(message.chunk, lane.description);
      lane.tally.acceptChunk(message.chunk);
    } else lane.tally.acceptNotice();
    return message;
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const socket of this.#sockets) socket.close();
    this.#subscriber?.complete();
    this.#refused.complete();
  }
}

/** @throws {ConfigError} If it is not on the list, or would be listened to in clear where keys are asked for. */
function publisherOf(
  text: string,
  { guard, insecure }: InletOptions,
): { readonly address: string; readonly security: ReturnType<typeof curveClientOptions> } {
  const { address, who } = parsePublisher(text);
  if (who !== undefined && guard === undefined)
    throw new ConfigError("Inlet", `expected CURVE keys to reach ${text}, got none`);
  if (who === undefined && guard !== undefined && !isLocalAddress(address) && insecure !== true)
    throw new ConfigError(
      "Inlet",
      `expected WHO@${address}, WHO being on the allow-list, or insecure: true, got ${text}`,
    );
  const client = who === undefined ? undefined : guard?.reach(who);
  return { address, security: curveClientOptions("Inlet", client) };
}

function describe(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
