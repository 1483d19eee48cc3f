import { Publisher as PubSocket, Push } from "zeromq";

import { ConfigError, SensorError } from "../errors.ts";
import { chunkContent } from "../frames/Chunk.ts";
import { frameBytes, type StreamDescription } from "../frames/StreamDescription.ts";
import type { Micros } from "../units.ts";
import { checkBindAddress } from "./address.ts";
import type { CurveGuard } from "./CurveGuard.ts";
import { type CurveClient, curveClientOptions } from "./CurveKeys.ts";
import { encodeChunk, encodeNotice, onePart } from "./encodeMessage.ts";
import { MAX_CHUNK_FRAMES, type WireParts } from "./WireMessage.ts";

export interface OutletOptions {
  readonly description: StreamDescription;
  /** Boot id of this publisher, unsigned 48-bit integer. */
  readonly epoch: number;
  /** An inlet to push to: lossless, waits when the inlet is busy. Either this or `publish`. */
  readonly connect?: string;
  /** Keys for an inlet that encrypts. */
  readonly curve?: CurveClient;
  /** An address to publish on for whoever subscribes: drops for subscribers that are too slow. */
  readonly publish?: string;
  /** Encrypts what goes out by `publish`, for those on its list alone. Borrowed. */
  readonly guard?: CurveGuard;
  /** Allows `publish` to be reached from other machines without a guard. */
  readonly insecure?: boolean;
  /** Sends each message in one part: for an inlet whose welcome says that it takes that. */
  readonly onePart?: boolean;
  /** Frames sent as one message, at most. */
  readonly chunkFrames?: number;
  /** How long after a message the frames that follow wait for company, in ms. */
  readonly chunkDelayMs?: number;
  /** Messages that may wait in the socket's queue. */
  readonly highWaterMark?: number;
  /** How long closing may take to get rid of what is queued, in ms. */
  readonly flushMs?: number;
}

/** One block to send: when it happened and what was sensed. */
export interface OutletFrame {
  readonly originTime: Micros;
  readonly payload: Uint8Array;
}

/**
 * Where a sensor's frames go out.
 *
 * - Frames are copied when they are handed over: the caller may reuse its buffer at once.
 * - A frame after a pause goes out at once, with those handed over in the same turn of the event loop; what
 *   comes within 2 ms of a message waits for the end of these. So frames that are rare are not delayed, and
 *   frames that are many travel together, up to 64, in order. Notices go after what was sent.
 * - Await `send`, and a busy inlet slows you down; do not, and frames wait in memory without bound.
 * - Disposing sends what is left and waits for it, no longer than `flushMs`. Idempotent.
 */
export class Outlet {
  /** Where it listens; the inlet's address for one that pushes. */
  readonly endpoint: string;

  readonly #socket: Push | PubSocket;
  readonly #options: OutletOptions;
  readonly #chunkFrames: number;
  #sequence = 0;
  #pending: OutletFrame[] = [];
  /** Sends what is there when this turn of the event loop is over. */
  #soon: NodeJS.Immediate | undefined;
  /** Runs for a while after each message, and sends then what has come meanwhile. */
  #pause: NodeJS.Timeout | undefined;
  #tail: Promise<void> = Promise.resolve();
  #failure: { readonly cause: unknown } | undefined;
  #closing: Promise<void> | undefined;

  private constructor(socket: Push | PubSocket, endpoint: string, options: OutletOptions) {
    this.#socket = socket;
    this.endpoint = endpoint;
    this.#options = options;
    this.#chunkFrames = options.chunkFrames ?? MAX_CHUNK_FRAMES;
  }

  /**
   * Opens the socket. Connecting does not wait for the inlet to be there.
   *
   * @throws {ConfigError} If not exactly one address is given, it is in use or malformed, or would
   *   listen beyond this machine without `guard` or `insecure`.
   */
  static async open(options: OutletOptions): Promise<Outlet> {
    const { connect, publish, chunkFrames = MAX_CHUNK_FRAMES } = options;
    const where = `Outlet of stream ${options.description.stream}`;
    if (!(chunkFrames >= 1 && chunkFrames <= MAX_CHUNK_FRAMES))
      throw new ConfigError(where, `chunkFrames must be 1 to 64, got ${chunkFrames}`);
    const { guard, insecure = false } = options;
    if (publish !== undefined) checkBindAddress(where, publish, guard !== undefined || insecure);
    const limits = { sendHighWaterMark: options.highWaterMark ?? 1_000, linger: 0 };
    const address = connect ?? publish;
    if (address === undefined || (connect !== undefined && publish !== undefined))
      throw new ConfigError(where, "expected either connect or publish");
    const socket =
      connect === undefined
        ? new PubSocket({ ...limits, ...guard?.serverOptions })
        : new Push({ ...limits, ...curveClientOptions(where, options.curve) });
    if (connect === undefined) guard?.watch(socket, `publisher of ${options.description.stream}`);
    try {
      if (connect === undefined) await socket.bind(address);
      else socket.connect(address);
    } catch (cause) {
      socket.close();
      const got = cause instanceof Error ? cause.message : String(cause);
      throw new ConfigError(where, `expected a usable address, got ${address}: ${got}`, { cause });
    }
    return new Outlet(socket, connect ?? socket.lastEndpoint ?? address, options);
  }

  /**
   * Hands over one frame.
   *
   * @returns Settles when the next one is welcome.
   * @throws {ConfigError} If the time is none, the payload is not one frame of the stream, or the outlet is closed.
   * @throws {SensorError} If the socket refused an earlier message.
   */
  async send({ originTime, payload }: OutletFrame): Promise<void> {
    this.#checkOpen();
    const { description } = this.#options;
    this.#checkTime("originTime", originTime);
    const expected = frameBytes(description);
    if (expected !== undefined && payload.byteLength !== expected)
      throw new ConfigError(
        `Outlet of stream ${description.stream}`,
        `expected frames of ${expected} bytes, got ${payload.byteLength}`,
      );
    this.#pending.push({ originTime, payload: Uint8Array.from(payload) });
    if (this.#pending.length >= this.#chunkFrames) return this.flush();
    if (this.#pause === undefined) this.#soon ??= setImmediate(() => void this.flush());
  }

  /** Promises that no frame with an origin time before `until` will follow; `at` is the clock now. */
  async heartbeat(until: Micros, at: Micros): Promise<void> {
    this.#checkOpen();
    this.#checkTime("until", until);
    return this.#notify("heartbeat", until, at);
  }

  /** Says that the stream ended by itself and no frame will follow. */
  async bye(until: Micros, at: Micros): Promise<void> {
    this.#checkOpen();
    this.#checkTime("until", until);
    return this.#notify("bye", until, at);
  }

  /** Sends the frames that wait for company; settles when all that was sent is in the socket's queue. */
  async flush(): Promise<void> {
    clearImmediate(this.#soon);
    clearTimeout(this.#pause);
    this.#soon = undefined;
    this.#pause = undefined;
    const frames = this.#pending;
    const { description, epoch, chunkDelayMs = 2 } = this.#options;
    if (frames.length > 0) {
      this.#pending = [];
      this.#pause = setTimeout(() => void this.flush(), chunkDelayMs);
      const firstSequence = this.#sequence;
      this.#sequence += frames.length;
      this.#enqueue(
        encodeChunk({
          ...chunkContent(description, frames),
          epoch,
          firstSequence,
        }),
      );
    }
    return this.#tail;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  #notify(kind: "heartbeat" | "bye", until: Micros, at: Micros): Promise<void> {
    void this.flush();
    const { description, epoch } = this.#options;
    const { site, stream } = description;
    this.#enqueue(encodeNotice({ kind, site, stream, epoch, until, at }));
    return this.#tail;
  }

  #enqueue(parts: WireParts): void {
    const message = this.#options.onePart === true ? [onePart(parts)] : [...parts];
    // A socket takes one send at a time.
    this.#tail = this.#tail.then(async () => {
      if (this.#socket.closed) return;
      try {
        await this.#socket.send(message);
      } catch (cause) {
        // Closed while it waited: nobody is left to be told. Anything else: the next caller is.
        if (!this.#socket.closed) this.#failure ??= { cause };
      }
    });
  }

  /** What is no time would fail later, where nobody waits for it. */
  #checkTime(name: string, time: Micros): void {
    if (!Number.isSafeInteger(time) || time < 0)
      throw new ConfigError(
        `Outlet of stream ${this.#options.description.stream}`,
        `expected ${name} to be an integer >= 0 in us, got ${time}`,
      );
  }

  #checkOpen(): void {
    const where = `Outlet of stream ${this.#options.description.stream}`;
    if (this.#closing !== undefined)
      throw new ConfigError(where, "expected to be open, got closed");
    if (this.#failure !== undefined)
      throw new SensorError(
        where,
        "expected the socket to take a message, it refused",
        this.#failure,
      );
  }

  async #close(): Promise<void> {
    const flushMs = this.#options.flushMs ?? 500;
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, flushMs);
    });
    await Promise.race([this.flush(), patience]);
    clearTimeout(timer);
    clearTimeout(this.#pause);
    // What is in ZeroMQ's own queue by now gets as long again, in its own thread.
    this.#socket.linger = flushMs;
    this.#socket.close();
  }
}
