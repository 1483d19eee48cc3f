import { Pull, Push } from "zeromq";

import { Rng } from "../../src/tensor/Rng.ts";

/** How likely each mishap is for a message, in [0, 1]; the rest goes through as it came. */
export interface Mishaps {
  readonly drop: number;
  readonly duplicate: number;
  readonly corrupt: number;
  /** Holds it back until up to `longestHold` others have passed: late, and out of order. */
  readonly hold: number;
  readonly longestHold: number;
}

/** What a proxy did. */
export interface ChaosCounts {
  taken: number;
  sent: number;
  dropped: number;
  duplicated: number;
  corrupted: number;
  held: number;
}

interface Held {
  readonly parts: readonly Uint8Array[];
  after: number;
}

/**
 * A bad network between sensors and an inlet: takes what sensors push, and passes it on when and as it likes.
 *
 * What happens to the nth message depends on the seed and n alone. Owns its sockets until disposed.
 */
export class ChaosProxy {
  readonly endpoint: string;
  readonly counts: ChaosCounts = {
    taken: 0,
    sent: 0,
    dropped: 0,
    duplicated: 0,
    corrupted: 0,
    held: 0,
  };
  readonly #front: Pull;
  readonly #back: Push;
  readonly #rng: Rng;
  readonly #mishaps: Mishaps;
  #held: Held[] = [];
  #running: Promise<void> = Promise.resolve();

  private constructor(front: Pull, back: Push, seed: number, mishaps: Mishaps) {
    this.#front = front;
    this.#back = back;
    this.#rng = Rng.fromSeed(seed);
    this.#mishaps = mishaps;
    this.endpoint = front.lastEndpoint ?? "";
  }

  /** @param inlet Where it passes messages on to. */
  static async open(inlet: string, seed: number, mishaps: Mishaps): Promise<ChaosProxy> {
    const front = new Pull({ linger: 0 });
    await front.bind("tcp://127.0.0.1:*");
    const back = new Push({ linger: 500 });
    back.connect(inlet);
    const proxy = new ChaosProxy(front, back, seed, mishaps);
    proxy.#running = proxy.#run();
    return proxy;
  }

  /** Lets go of everything it holds back once it has taken `messages`; settles when that is sent. */
  async drained(messages: number): Promise<void> {
    while (this.counts.taken < messages) await new Promise(setImmediate);
    this.#front.close();
    await this.#running;
    for (const { parts } of this.#held) await this.#send(parts);
    this.#held = [];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#front.close();
    await this.#running;
    this.#back.close();
  }

  async #run(): Promise<void> {
    while (!this.#front.closed) {
      try {
        await this.#pass(await this.#front.receive());
      } catch (error) {
        if (!this.#front.closed) throw error;
      }
    }
  }

  async #pass(received: readonly Uint8Array[]): Promise<void> {
    this.counts.taken++;
    const { drop, duplicate, corrupt, hold, longestHold } = this.#mishaps;
    // All are drawn for every message, so that one kind's chance changes nothing about the others.
    const [lose, twice, spoil, keep] = [0, 1, 2, 3].map(() => this.#rng.uniform()) as [
      number,
      number,
      number,
      number,
    ];
    const after = this.#rng.int(1, longestHold + 1);
    const parts = spoil < corrupt ? this.#corrupted(received) : received;
    if (lose < drop) this.counts.dropped++;
    else if (keep < hold) {
      this.counts.held++;
      this.#held.push({ parts, after });
    } else await this.#send(parts);
    if (lose >= drop && twice < duplicate) {
      this.counts.duplicated++;
      this.#held.push({ parts, after: this.#rng.int(1, longestHold + 1) });
    }
    for (const held of this.#held) held.after--;
    const due = this.#held.filter((held) => held.after <= 0);
    this.#held = this.#held.filter((held) => held.after > 0);
    for (const held of due) await this.#send(held.parts);
  }

  /** One byte changed, or a part cut off, or a part too many. */
  #corrupted(parts: readonly Uint8Array[]): readonly Uint8Array[] {
    this.counts.corrupted++;
    const at = this.#rng.int(0, parts.length);
    const kind = this.#rng.int(0, 6);
    if (kind === 0) return [...parts, new Uint8Array(1)];
    return parts.map((part, index) => {
      if (index !== at || part.byteLength === 0) return part;
      if (kind === 1) return part.subarray(0, this.#rng.int(0, part.byteLength));
      return Uint8Array.from(part).with(this.#rng.int(0, part.byteLength), this.#rng.int(0, 256));
    });
  }

  async #send(parts: readonly Uint8Array[]): Promise<void> {
    this.counts.sent++;
    await this.#back.send([...parts]);
  }
}
