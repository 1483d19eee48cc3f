import { type Observable, Subject } from "rxjs";
import { Router } from "zeromq";

import type { Clock } from "../clock/Clock.ts";
import type { ClockSample } from "../clock/ClockSample.ts";
import { ConfigError, SensorError, WireError } from "../errors.ts";
import type { StreamDescription } from "../frames/StreamDescription.ts";
import { type Micros, micros, seconds } from "../units.ts";
import { checkBindAddress } from "./address.ts";
import type { CurveGuard } from "./CurveGuard.ts";
import {
  type ClockKind,
  type ControlMessage,
  decodeControl,
  type Echo,
  encodeControl,
  type Hello,
} from "./controlMessage.ts";
import { topicOf } from "./topic.ts";
import type { Publisher } from "./WireMessage.ts";

/** Sensors greeted at a time; more are ignored and counted. */
const MAX_PEERS = 256;
/** Probes of one sensor that may still be answered; older ones are forgotten. */
const MAX_ASKED = 64;
/** How long a sensor waits for its welcome at most. */
const LONGEST_WELCOME = seconds(2);

interface Peer {
  readonly hello: Hello;
  /** Its name for the socket. */
  readonly id: Uint8Array;
  /** Times at which it was probed and that it has not answered. */
  readonly asked: Set<Micros>;
}

/** A sensor that the pipeline has no use for. */
export interface HelloRefusal {
  readonly hello: Hello;
  /** What was expected and what came. */
  readonly problem: string;
}

/** A sensor's answer to a probe, with the time it came in. */
export interface Answer extends Publisher {
  readonly sample: ClockSample;
}

export interface ControlServerOptions {
  /** The pipeline's clock: its time goes out with each welcome. */
  readonly clock: Clock;
  /**
   * The streams that there are: a sensor of another one, or one whose frames would be of another dtype or shape,
   * is refused and told why. All are welcome unless given.
   */
  readonly streams?: readonly StreamDescription[];
  /** Whether sensors run on their machine's time or on our ticks. */
  readonly clockKind: ClockKind;
  /** Address sensors connect to; a free port of the loopback interface unless given. */
  readonly bind?: string;
  /** Encrypts and lets in only who is on its list. Borrowed. */
  readonly guard?: CurveGuard;
  /**
   * Called with each hello, before its welcome: the sensor begins once it settles. It need not; a sensor is
   * kept waiting for two seconds at most. Sensors begin at once unless given.
   */
  readonly beforeWelcome?: (hello: Hello) => Promise<void>;
  /** Allows `bind` to be reached from other machines without a guard. */
  readonly insecure?: boolean;
}

/**
 * The pipeline's end of the control path.
 *
 * - Answers each sensor's hello with the time, and announces it on `hellos`.
 * - A sensor that the pipeline has no use for is told so, and announced on `refusals`.
 * - One peer per stream: a restarted sensor takes the place of its predecessor.
 * - `probe` asks a sensor for its time; what it says comes on `answers`.
 * - Bytes that are neither hello nor the answer to a probe are counted in `refused` and ignored. Peers that
 *   are gone are forgotten.
 * - Owns its socket until disposed.
 */
export class ControlServer {
  readonly endpoint: string;
  /** Sensors as they report. Hot; completes when disposed. */
  readonly hellos: Observable<Hello>;
  /** Sensors that were refused by name. Hot; completes when disposed. */
  readonly refusals: Observable<HelloRefusal>;
  /** Probes that were answered, each once. Hot; completes when disposed. */
  readonly answers: Observable<Answer>;

  readonly #socket: Router;
  readonly #options: ControlServerOptions;
  #streams: readonly StreamDescription[] | undefined;
  readonly #peers = new Map<string, Peer>();
  readonly #greeted = new Subject<Hello>();
  readonly #turnedAway = new Subject<HelloRefusal>();
  readonly #answered = new Subject<Answer>();
  #tail: Promise<void> = Promise.resolve();
  #refused = 0;
  #closed = false;

  private constructor(socket: Router, endpoint: string, options: ControlServerOptions) {
    this.#socket = socket;
    this.endpoint = endpoint;
    this.#options = options;
    this.#streams = options.streams;
    this.hellos = this.#greeted.asObservable();
    this.refusals = this.#turnedAway.asObservable();
    this.answers = this.#answered.asObservable();
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
      // Whoever vanished without a word, cable and all, is not kept for ever.
      heartbeatInterval: 2_000,
      heartbeatTimeout: 10_000,
      // A peer that is just going is neither reachable nor unreachable: a send would wait for ever.
      sendTimeout: 100,
    });
    guard?.watch(socket, "control path");
    try {
      await socket.bind(bind);
    } catch (cause) {
      socket.close();
      const got = cause instanceof Error ? cause.message : String(cause);
      throw new ConfigError("ControlServer", `expected a usable address, got ${bind}: ${got}`, {
        cause,
      });
    }
    return new ControlServer(socket, socket.lastEndpoint ?? bind, options);
  }

  /** Messages that were neither a hello nor an answer, and hellos that were refused. */
  get refused(): number {
    return this.#refused;
  }

  /** From here on these are the streams that there are. */
  restream(streams: readonly StreamDescription[]): void {
    this.#streams = streams;
  }

  /** Tells every sensor that the driven clock has moved; settles when all have been told. */
  tick(now: Micros): Promise<void> {
    const bytes = encodeControl({ kind: "tick", now });
    for (const peer of this.#peers.values()) this.#send(peer, () => bytes);
    return this.#tail;
  }

  /** The sensors that are there. */
  get peers(): readonly Hello[] {
    return [...this.#peers.values()].map(({ hello }) => hello);
  }

  /** Asks a sensor for its time; settles when the question is out. Asks nobody if it is gone. */
  probe({ site, stream, epoch }: Publisher): Promise<void> {
    const peer = this.#peers.get(topicOf(site, stream));
    if (peer?.hello.epoch === epoch)
      this.#send(peer, () => {
        // Taken as late as can be: what it waits here is no part of the way.
        const t0 = this.#options.clock.now();
        peer.asked.add(t0);
        for (const oldest of peer.asked) if (peer.asked.size > MAX_ASKED) peer.asked.delete(oldest);
        return encodeControl({ kind: "probe", t0 });
      });
    return this.#tail;
  }

  /** Closes the socket. Idempotent. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.close();
    this.#greeted.complete();
    this.#turnedAway.complete();
    this.#answered.complete();
  }

  async #receive(): Promise<void> {
    while (!this.#closed) {
      const [id, body, ...rest] = await this.#socket.receive();
      const t3 = this.#options.clock.now();
      const message = body && rest.length === 0 ? decoded(body) : undefined;
      if (id === undefined || message === undefined) this.#refused++;
      else if (message.kind === "hello") this.#welcome(id, message);
      else if (message.kind !== "echo" || !this.#take(id, message, t3)) this.#refused++;
    }
  }

  #welcome(id: Uint8Array, hello: Hello): void {
    const problem = objection(hello, this.#streams);
    if (problem !== undefined) {
      this.#refuse(Uint8Array.from(id), hello, problem);
      return;
    }
    const name = topicOf(hello.site, hello.stream);
    if (this.#peers.size >= MAX_PEERS && !this.#peers.has(name)) {
      this.#refused++;
      return;
    }
    const peer: Peer = { hello, id: Uint8Array.from(id), asked: new Set() };
    this.#peers.set(name, peer);
    const { clock, clockKind, beforeWelcome } = this.#options;
    const greet = (): void => {
      const now = (): Uint8Array =>
        encodeControl({ kind: "welcome", clock: clockKind, now: clock.now(), onePart: true });
      this.#send(peer, now);
      this.#greeted.next(hello);
    };
    if (beforeWelcome === undefined) greet();
    else {
      const patience = new AbortController();
      const { signal } = patience;
      const tooLong = clock.until(micros(clock.now() + LONGEST_WELCOME), signal).catch(() => {});
      const begin = (): void => {
        patience.abort();
        if (!this.#closed && this.#peers.get(name) === peer) greet();
      };
      void Promise.race([beforeWelcome(hello), tooLong]).then(begin, begin);
    }
  }

  #refuse(id: Uint8Array, hello: Hello, problem: string): void {
    this.#refused++;
    this.#turnedAway.next({ hello, problem });
    this.#tail = this.#tail.then(async () => {
      // Whoever has gone already need not be told.
      if (!this.#closed)
        await this.#socket.send([id, encodeControl({ kind: "refused", problem })]).catch(() => {});
    });
  }

  /** Whether the echo answers a probe of ours that nobody has answered yet. */
  #take(id: Uint8Array, { t0, t1, t2 }: Echo, t3: Micros): boolean {
    for (const peer of this.#peers.values()) {
      if (Buffer.compare(peer.id, id) !== 0 || !peer.asked.delete(t0)) continue;
      const { site, stream, epoch } = peer.hello;
      this.#answered.next({ site, stream, epoch, sample: { t0, t1, t2, t3 } });
      return true;
    }
    return false;
  }

  #send(peer: Peer, bytes: () => Uint8Array): void {
    const name = topicOf(peer.hello.site, peer.hello.stream);
    this.#tail = this.#tail.then(async () => {
      if (this.#closed || this.#peers.get(name) !== peer) return;
      try {
        await this.#socket.send([peer.id, bytes()]);
      } catch {
        // EHOSTUNREACH or EAGAIN: its process is gone or going. A successor will say hello itself.
        if (this.#peers.get(name) === peer) this.#peers.delete(name);
      }
    });
  }
}

/** Why the pipeline has no use for a sensor, for a person; undefined if it has. */
function objection(
  { site, stream, dtype, shape }: Hello,
  streams: readonly StreamDescription[] | undefined,
): string | undefined {
  if (streams === undefined) return undefined;
  const declared = streams.find((of) => of.site === site && of.stream === stream);
  if (declared === undefined) {
    const names = streams.map((of) => topicOf(of.site, of.stream).slice(0, -1)).join(", ");
    return `expected a sensor of ${names}, got ${site}/${stream}`;
  }
  // Not said, or texts, whose lengths differ: what comes will show.
  if (dtype === undefined || shape === undefined) return undefined;
  const isText = declared.dtype === "utf8";
  if (dtype === declared.dtype && (isText || String(shape) === String(declared.shape)))
    return undefined;
  return `expected frames of ${stream} to be ${declared.dtype} [${declared.shape}], got ${dtype} [${shape}]`;
}

function decoded(bytes: Uint8Array): ControlMessage | undefined {
  try {
    return decodeControl(bytes);
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}
