import { existsSync, readdirSync } from "node:fs";

import { Aligner } from "../../src/align/Aligner.ts";
import { last, nearest } from "../../src/align/Policy.ts";
import { SystemClock } from "../../src/clock/SystemClock.ts";
import type { Chunk } from "../../src/frames/Chunk.ts";
import { Ingest } from "../../src/pipeline/Ingest.ts";
import { millis, seconds } from "../../src/units.ts";
import { Inlet } from "../../src/wire/Inlet.ts";
import { FIRED_AT } from "./hostileMessages.ts";

/** Where Linux lists the files and sockets that a process has open. */
const OPEN_FILES = "/proc/self/fd";

/** What became of all that came in. */
export interface FortressCount {
  /** Messages accepted: as they were, or changed in a way that leaves them messages. */
  readonly taken: number;
  /** Messages refused, by reason. */
  readonly refused: Readonly<Record<string, number>>;
  /** Frames of the good sensor that came in, in order and once each. */
  readonly good: number;
  readonly rows: number;
}

/** An inlet with all that a pipeline has behind it up to its rows, counting what comes. */
export class Fortress implements AsyncDisposable {
  readonly #inlet: Inlet;
  /** By boot of the good sensor, the frame that must come next. */
  readonly #next = new Map<number, number>();
  #good = 0;
  #rows = 0;
  #seen = 0;
  #waiting: { readonly total: number; readonly settle: () => void } | undefined;

  private constructor(inlet: Inlet, clock: SystemClock) {
    this.#inlet = inlet;
    const ingest = new Ingest({
      clock,
      streams: FIRED_AT,
      skew: { initial: millis(200), floor: millis(100), ceiling: seconds(1) },
    });
    const aligner = new Aligner({
      columns: {
        audio: nearest({ tolerance: millis(10) }),
        text: last({ maxAge: millis(500) }),
        good: last({ maxAge: millis(500) }),
      },
      skew: millis(200),
    });
    ingest.records.subscribe((record) => {
      this.#rows += aligner.push(record).length;
    });
    ingest.configure({ version: 1, origin: clock.now(), period: millis(40) });
    inlet.refusals.subscribe(() => this.#look());
    inlet.deliveries.subscribe((delivery) => {
      const { message } = delivery;
      ingest.accept(message);
      ingest.poll();
      if (message.kind === "data" && message.chunk.stream === "good") this.#follow(message.chunk);
      delivery.release();
      this.#look();
    });
  }

  static async open(): Promise<Fortress> {
    const clock = new SystemClock();
    return new Fortress(await Inlet.open({ streams: FIRED_AT, clock, maxPayload: 4_096 }), clock);
  }

  get endpoint(): string {
    return this.#inlet.endpoint;
  }

  count(): FortressCount {
    const { counters } = this.#inlet;
    const refused: Record<string, number> = {};
    let taken = 0;
    for (const of of [
      counters.unknown,
      ...FIRED_AT.map(({ site, stream }) => counters.of(site, stream)),
    ]) {
      taken += of.messages;
      for (const [reason, messages] of Object.entries(of.refused))
        refused[reason] = (refused[reason] ?? 0) + messages;
    }
    return { taken, refused, good: this.#good, rows: this.#rows };
  }

  /** Settles once so many messages have been taken or refused since it was opened. */
  dealtWith(total: number): Promise<void> {
    return new Promise((settle) => {
      this.#waiting = { total, settle };
      this.#look(true);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#inlet[Symbol.asyncDispose]();
  }

  #follow({ epoch, firstSequence }: Chunk): void {
    if (firstSequence !== (this.#next.get(epoch) ?? 0)) return;
    this.#next.set(epoch, firstSequence + 1);
    this.#good++;
  }

  #look(isOld = false): void {
    if (!isOld) this.#seen++;
    if (this.#waiting === undefined || this.#seen < this.#waiting.total) return;
    this.#waiting.settle();
    this.#waiting = undefined;
  }
}

/** Messages refused, all reasons together. */
export function refusedIn({ refused }: FortressCount): number {
  return Object.values(refused).reduce((sum, messages) => sum + messages, 0);
}

/** What this process holds, once what is not needed has been thrown away. */
export interface Holdings {
  /** Bytes on the heap and outside it that JavaScript holds. */
  readonly bytes: number;
  /** Timers, sockets and whatever else keeps a process up, and, where the system tells, open files. */
  readonly handles: number;
}

/** @param collect Node's `gc`. */
export async function holdings(collect: () => void): Promise<Holdings> {
  // Finalizers of ZeroMQ's buffers run in turns of the event loop after the collection.
  for (let turn = 0; turn < 5; turn++) {
    collect();
    await new Promise(setImmediate);
  }
  const { heapUsed, external } = process.memoryUsage();
  const files = existsSync(OPEN_FILES) ? readdirSync(OPEN_FILES).length : 0;
  const handles = process.getActiveResourcesInfo().length + files;
  return { bytes: heapUsed + external, handles };
}
