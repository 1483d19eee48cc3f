import { Packr } from "msgpackr";

import { defineStream, type StreamDescription } from "../../src/frames/StreamDescription.ts";
import { Rng } from "../../src/tensor/Rng.ts";
import { hertz, micros, millis } from "../../src/units.ts";
import { encodeChunk, encodeNotice, onePart } from "../../src/wire/encodeMessage.ts";
import type { WireParts } from "../../src/wire/WireMessage.ts";

const packr = new Packr({ useRecords: false });

const common = { site: "bench", unit: "1", lateness: millis(0), idleTimeout: millis(500) } as const;

/** The streams of an inlet under fire: two that are fired at, and one whose sensor does nothing wrong. */
export const FIRED_AT: readonly StreamDescription[] = [
  defineStream({
    ...{ ...common, stream: "audio", modality: "audio", dtype: "i16", shape: [4] },
    rate: hertz(100),
    timing: "jittered",
  }),
  defineStream({
    ...{ ...common, stream: "text", modality: "text", dtype: "utf8", shape: [] },
    rate: "irregular",
  }),
  defineStream({
    ...{ ...common, stream: "good", modality: "sensor", dtype: "u8", shape: [8] },
    rate: hertz(100),
  }),
];

/** One message in so many is a frame of the sensor that does nothing wrong. */
const GOOD_EVERY = 50;

const KEYS = [
  ...["v", "kind", "stream", "epoch", "sequence", "times", "dtype", "shape", "lengths"],
  ...["until", "at", "note", "__proto__", "constructor"],
];

/** How many of the first `count` messages are frames of the good sensor. */
export function goodAmong(count: number): number {
  return Math.ceil(count / GOOD_EVERY);
}

/**
 * Messages as somebody might send them who wants to do harm or does not know better: random bytes in any number
 * of parts, msgpack of anything, valid messages with bytes changed, cut, added, or parts of another message,
 * in three parts and in one; and now and then a good frame.
 *
 * The nth message depends on the seed and n alone.
 */
export class HostileMessages {
  readonly #seed: number;
  readonly #rng: Rng;
  #next = 0;

  /** @param seed >= 0; the boot id of the good sensor too. */
  constructor(seed: number) {
    this.#seed = seed;
    this.#rng = Rng.fromSeed(seed);
  }

  /** @param now The clock, for frames that shall not be refused for their time. */
  next(now: number): readonly Uint8Array[] {
    const n = this.#next++;
    if (n % GOOD_EVERY === 0) return this.#good(n / GOOD_EVERY, now);
    switch (this.#rng.int(0, 8)) {
      case 0:
        return Array.from({ length: this.#rng.int(1, 6) }, () => this.#bytes(60));
      case 1:
        return [this.#topic(), this.#bytes(200), this.#bytes(40)];
      case 2:
        return this.#inSomeParts([this.#topic(), this.#anyHeader(), this.#bytes(40)]);
      case 3:
        return this.#cut(this.#inSomeParts(this.#valid(now)));
      case 4: {
        const [topic] = this.#valid(now);
        const [, header] = this.#valid(now);
        return this.#inSomeParts([topic, header, this.#valid(now)[2]]);
      }
      case 5:
        return [...this.#inSomeParts(this.#valid(now)), this.#bytes(20)];
      default:
        return this.#changed(this.#inSomeParts(this.#valid(now)));
    }
  }

  #good(sequence: number, now: number): readonly Uint8Array[] {
    const parts = encodeChunk({
      ...{ site: "bench", stream: "good", epoch: this.#seed, firstSequence: sequence, shape: [8] },
      dtype: "u8",
      originTimes: [micros(now)],
      payload: new Uint8Array(8),
    });
    return this.#inSomeParts(parts);
  }

  /** A frame, a few, a caption, a heartbeat or a bye, as a sensor would send it. */
  #valid(now: number): WireParts {
    const kind = this.#rng.int(0, 6);
    const epoch = this.#rng.int(1, 4);
    const firstSequence = this.#rng.int(0, 1_000_000);
    if (kind < 2) {
      const who = { site: "bench", stream: kind === 0 ? "audio" : "text", epoch };
      const until = micros(now - this.#rng.int(0, 1_000_000));
      return encodeNotice({ ...who, kind: kind === 0 ? "heartbeat" : "bye", until, at: until });
    }
    const frames = this.#rng.int(1, 5);
    const originTimes = Array.from({ length: frames }, (_, i) => micros(now + i * 1_000));
    if (kind === 2) {
      const lengths = originTimes.map(() => 7);
      const payload = Buffer.from('{"a":1}'.repeat(frames));
      const who = { site: "bench", stream: "text", epoch, firstSequence };
      return encodeChunk({ ...who, dtype: "utf8", shape: [], originTimes, lengths, payload });
    }
    const shape = this.#rng.int(0, 10) === 0 ? [2, 2] : [4];
    const stream = this.#rng.int(0, 10) === 0 ? "smell" : "audio";
    const who = { site: "bench", stream, epoch, firstSequence };
    const payload = new Uint8Array(8 * frames);
    return encodeChunk({ ...who, dtype: "i16", shape, originTimes, payload });
  }

  #topic(): Uint8Array {
    const topics = ["bench/audio/", "bench/text/", "bench/smell/", "bench/audio", "//", ""];
    return Buffer.from(topics[this.#rng.int(0, topics.length)] ?? "");
  }

  #anyHeader(): Uint8Array {
    const entries = Array.from({ length: this.#rng.int(0, 12) }, () => [
      KEYS[this.#rng.int(0, KEYS.length)],
      this.#anything(3),
    ]);
    return Uint8Array.from(packr.pack(new Map(entries as [string, unknown][])));
  }

  #anything(deep: number): unknown {
    switch (this.#rng.int(0, deep > 0 ? 10 : 7)) {
      case 0:
        return this.#rng.nextUint32();
      case 1:
        return -this.#rng.int(0, 1_000);
      case 2:
        return this.#rng.uniform(-1e300, 1e300);
      case 3:
        return BigInt(this.#rng.nextUint32()) << 32n;
      case 4:
        return KEYS[this.#rng.int(0, KEYS.length)];
      case 5:
        return this.#bytes(20);
      case 6:
        return this.#rng.int(0, 2) === 0 ? null : true;
      case 7:
        return { [KEYS[this.#rng.int(0, KEYS.length)] ?? ""]: this.#anything(deep - 1) };
      default:
        return Array.from({ length: this.#rng.int(0, 80) }, () => this.#anything(0));
    }
  }

  #inSomeParts(parts: WireParts): Uint8Array[] {
    return this.#rng.int(0, 2) === 0 ? [onePart(parts)] : [...parts];
  }

  #cut(parts: readonly Uint8Array[]): Uint8Array[] {
    const at = this.#rng.int(0, parts.length);
    return parts.map((part, index) =>
      index === at ? part.subarray(0, this.#rng.int(0, part.byteLength + 1)) : part,
    );
  }

  #changed(parts: readonly Uint8Array[]): Uint8Array[] {
    const changed = parts.map((part) => Uint8Array.from(part));
    for (let left = this.#rng.int(1, 5); left > 0; left--) {
      const part = changed[this.#rng.int(0, changed.length)];
      if (part !== undefined && part.byteLength > 0)
        part[this.#rng.int(0, part.byteLength)] = this.#rng.int(0, 256);
    }
    return changed;
  }

  #bytes(most: number): Uint8Array {
    return Uint8Array.from({ length: this.#rng.int(0, most) }, () => this.#rng.int(0, 256));
  }
}
