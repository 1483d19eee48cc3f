import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { filter, firstValueFrom, type Observable, Subject, scan } from "rxjs";

import { type Chunk, framesOf } from "../../src/frames/Chunk.ts";
import type { Frame } from "../../src/frames/Frame.ts";
import type { StreamDescription } from "../../src/frames/StreamDescription.ts";
import { hertz, millis } from "../../src/units.ts";
import type { Inlet } from "../../src/wire/Inlet.ts";
import type { WireMessage } from "../../src/wire/WireMessage.ts";

/** A stream of 4 little-endian i16 per frame, 100 frames per second. */
export const audio: StreamDescription = {
  site: "lab",
  stream: "audio",
  modality: "audio",
  dtype: "i16",
  shape: [4],
  rate: hertz(100),
  span: millis(10),
  unit: "PCM",
  lateness: millis(0),
  idleTimeout: millis(200),
};

const { span: _, ...instant } = audio;

/** A stream of captions. */
export const text: StreamDescription = {
  ...instant,
  stream: "text",
  modality: "text",
  dtype: "utf8",
  shape: [],
  rate: "irregular",
};

/** The first `count` values. */
export function take<T>(values: Observable<T>, count: number): Promise<T[]> {
  return firstValueFrom(
    values.pipe(
      scan((all: T[], value) => [...all, value], []),
      filter((all) => all.length >= count),
    ),
  );
}

/** Everything an inlet delivers, released at once. */
export class Collected {
  readonly messages: WireMessage[] = [];
  readonly #seen = new Subject<void>();

  constructor(inlet: Inlet) {
    inlet.deliveries.subscribe((delivery) => {
      const { message } = delivery;
      this.messages.push(message);
      delivery.release();
      this.#seen.next();
    });
  }

  get chunks(): Chunk[] {
    return this.messages.flatMap((message) => (message.kind === "data" ? [message.chunk] : []));
  }

  get frames(): Frame[] {
    return this.chunks.flatMap(framesOf);
  }

  /** Settles once `reached` holds of what came so far. */
  async until(reached: (collected: this) => boolean): Promise<void> {
    while (!reached(this)) await firstValueFrom(this.#seen);
  }
}

let names = 0;

/** A fresh address of one transport, and how to clean up after it. */
export function freshAddress(transport: "tcp" | "ipc" | "inproc"): {
  readonly address: string;
  [Symbol.dispose](): void;
} {
  if (transport === "tcp") return { address: "tcp://127.0.0.1:*", [Symbol.dispose]() {} };
  if (transport === "inproc")
    return { address: `inproc://test-${process.pid}-${names++}`, [Symbol.dispose]() {} };
  const folder = mkdtempSync(join(tmpdir(), "wire-"));
  return {
    address: `ipc://${join(folder, "socket")}`,
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}
