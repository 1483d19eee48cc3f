import type { WebSocket } from "@fastify/websocket";

import { frameBytes, type StreamDescription } from "../../frames/StreamDescription.ts";
import { type Micros, millis, toMillis } from "../../units.ts";
import type { Outlet } from "../../wire/Outlet.ts";
import {
  decodeJoinClient,
  encodeJoin,
  type FramesMessage,
  type JoinClientMessage,
  type JoinServerMessage,
} from "../joinProtocol.ts";
import type { JoinDesk } from "./JoinDesk.ts";

/** How often a stream whose frames come as things happen tells that it is alive. */
const HEARTBEAT = millis(40);
/** Frames that may wait for a busy pipeline before the page's newest are left out. */
const MOST_WAITING = 256;

/** What pages did, counted since the server's start. */
export interface JoinCounters {
  /** Pages connected now. */
  pages: number;
  /** Frames handed on. */
  frames: number;
  /** Frames left out because the pipeline was busy. */
  dropped: number;
  /** Messages that were none, or did not fit their stream. */
  malformed: number;
  /** Pages that showed no token or a wrong one. */
  refused: number;
}

interface Feeding {
  readonly description: StreamDescription;
  readonly outlet: Outlet;
  readonly heartbeat: NodeJS.Timeout | undefined;
  waiting: number;
}

/**
 * One page that senses: its frames go to the pipeline by ZeroMQ, like any other sensor's.
 *
 * Key behaviours:
 * - The page opens streams one by one; each becomes a publisher with a boot id of its own.
 * - Frames that do not fit their stream are counted and answered with `refused`; the rest goes on.
 * - A page that vanishes just falls silent, as a sensor does whose plug is pulled; one that closes a stream
 *   says bye.
 */
export class JoinSession {
  readonly #socket: WebSocket;
  readonly #desk: JoinDesk;
  readonly #counters: JoinCounters;
  readonly #feeding = new Map<string, Feeding>();
  /** Messages are dealt with one after the other: opening a stream takes a moment. */
  #turn: Promise<void> = Promise.resolve();
  #complaints = 0;

  constructor(socket: WebSocket, desk: JoinDesk, counters: JoinCounters) {
    this.#socket = socket;
    this.#desk = desk;
    this.#counters = counters;
    counters.pages += 1;
    socket.on("message", (data: Buffer, isBinary: boolean) => {
      const { message, problem } = isBinary
        ? decodeJoinClient(data)
        : { message: undefined, problem: "message: expected a binary frame, got text" };
      if (message === undefined) this.#complain("", problem);
      // Answered at once: what waits behind other messages would tell a wrong time.
      else if (message.kind === "probe")
        this.#tell({ kind: "probed", id: message.id, time: desk.clock.now() });
      else
        this.#turn = this.#turn
          .then(() => this.#hear(message))
          .catch((cause: unknown) => this.#complain("", String(cause)));
    });
    socket.on("error", () => {
      counters.malformed += 1;
    });
    socket.on("close", () => {
      counters.pages -= 1;
      this.#turn = this.#turn.then(async () => {
        for (const stream of [...this.#feeding.keys()]) await this.#close(stream, false);
      });
    });
    this.#tell({
      kind: "welcome",
      pipeline: desk.pipeline,
      summary: desk.summary,
      streams: desk.streams.map(({ stream, modality, dtype, shape, rate, unit }) => {
        return { stream, modality, dtype, shape, rate: rate === "irregular" ? 0 : rate, unit };
      }),
    });
  }

  async #hear(message: Exclude<JoinClientMessage, { kind: "probe" }>): Promise<void> {
    if (message.kind === "open") await this.#open(message.stream);
    else if (message.kind === "close") await this.#close(message.stream, true);
    else this.#handOn(message);
  }

  async #open(stream: string): Promise<void> {
    const description = this.#desk.streams.find((known) => known.stream === stream);
    if (description === undefined) this.#complain(stream, `there is no stream ${stream}`);
    if (description === undefined || this.#feeding.has(stream)) return;
    const { clock } = this.#desk;
    // Milliseconds take 41 of the 48 bits of a boot id; two pages never open a stream in the same one.
    const outlet = await this.#desk.open(description, Math.floor(toMillis(clock.now())));
    const beat = (): void => {
      const now = clock.now();
      // What a person does on the page is on its way for a moment.
      void outlet.heartbeat(Math.max(0, now - millis(250)) as Micros, now).catch(() => {});
    };
    const heartbeat =
      description.rate === "irregular" ? setInterval(beat, toMillis(HEARTBEAT)) : undefined;
    heartbeat?.unref();
    this.#feeding.set(stream, { description, outlet, heartbeat, waiting: 0 });
    this.#tell({ kind: "opened", stream });
  }

  #handOn(message: FramesMessage): void {
    const { stream, times, payload } = message;
    const feeding = this.#feeding.get(stream);
    const problem =
      feeding === undefined ? `${stream} is not open` : misfit(message, feeding.description);
    if (feeding === undefined || problem !== undefined) {
      this.#complain(stream, problem ?? "");
      return;
    }
    const size = payload.byteLength / times.length;
    times.forEach((originTime, i) => {
      if (feeding.waiting >= MOST_WAITING) {
        this.#counters.dropped += 1;
        return;
      }
      feeding.waiting += 1;
      this.#counters.frames += 1;
      feeding.outlet
        .send({ originTime, payload: payload.subarray(i * size, (i + 1) * size) })
        .catch((cause: unknown) => this.#complain(stream, String(cause)))
        .finally(() => {
          feeding.waiting -= 1;
        });
    });
  }

  async #close(stream: string, saysBye: boolean): Promise<void> {
    const feeding = this.#feeding.get(stream);
    if (feeding === undefined) return;
    this.#feeding.delete(stream);
    clearInterval(feeding.heartbeat);
    const now = this.#desk.clock.now();
    if (saysBye) await feeding.outlet.bye(now, now).catch(() => {});
    await feeding.outlet[Symbol.asyncDispose]();
  }

  #complain(stream: string, text: string): void {
    this.#counters.malformed += 1;
    // A page that keeps sending nonsense is told at each power of two, not each time.
    this.#complaints += 1;
    if (Number.isInteger(Math.log2(this.#complaints)))
      this.#tell({ kind: "refused", stream, text });
  }

  #tell(message: JoinServerMessage): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(encodeJoin(message));
  }
}

/** Why frames are none of their stream's; undefined where they are. */
function misfit(
  { times, payload }: FramesMessage,
  description: StreamDescription,
): string | undefined {
  const size = frameBytes(description);
  if (size === undefined)
    return times.length === 1 ? undefined : `expected one text a message, got ${times.length}`;
  if (times.length > 0 && payload.byteLength === size * times.length) return undefined;
  return `expected ${times.length} frames of ${size} bytes, got ${payload.byteLength} bytes`;
}
