/**
 * Pushes frames to an address, as fast as it is let or at a pace, in a process of its own.
 *
 * node --import tsx publisher.ts ADDRESS JOB, JOB being the JSON of a `PublisherJob`.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { Push } from "zeromq";

import { SystemClock } from "../../src/clock/SystemClock.ts";
import { micros } from "../../src/units.ts";
import { encodeChunk, onePart } from "../../src/wire/encodeMessage.ts";
import { Outlet } from "../../src/wire/Outlet.ts";
import { burstOf, DESCRIPTIONS, FRAME_BYTES, STREAMS } from "./workload.ts";

/** What a publisher is to do. */
export type PublisherJob =
  /** `length` seconds of streams in messages of `chunk` frames, made beforehand, without a pause. */
  | {
      readonly kind: "burst";
      readonly length: number;
      readonly chunk: number;
      /** Parts of each message. */
      readonly parts: 1 | 3;
    }
  /**
   * `rate` frames a second of each stream for `length` seconds, stamped as they are sent. Through our own
   * outlets, or with `chunk: 1` one frame a message.
   */
  | {
      readonly kind: "paced";
      readonly rate: number;
      readonly length: number;
      readonly chunk: number;
    };

const [address = "", text = "null"] = process.argv.slice(2);
const job = JSON.parse(text) as PublisherJob;
if (job.kind === "burst") await burst(job.length, job.chunk, job.parts);
else await paced(job.rate, job.length, job.chunk);

async function burst(length: number, chunk: number, count: 1 | 3): Promise<void> {
  const payload = new Uint8Array(chunk * FRAME_BYTES);
  const messages = burstOf(length, chunk).map(({ stream, firstSequence, times }) => {
    const parts = encodeChunk({
      site: "bench",
      stream: STREAMS[stream] ?? "",
      epoch: 1,
      firstSequence,
      originTimes: times,
      dtype: "u8",
      shape: [FRAME_BYTES],
      payload,
    });
    return count === 1 ? [onePart(parts)] : [...parts];
  });
  const socket = new Push({ linger: 30_000, sendHighWaterMark: 1_000 });
  socket.connect(address);
  for (const message of messages) await socket.send(message);
  socket.close();
}

async function paced(rate: number, length: number, chunk: number): Promise<void> {
  const clock = new SystemClock();
  const outlets = await Promise.all(
    DESCRIPTIONS.map((description) =>
      Outlet.open({
        connect: address,
        description,
        epoch: 1,
        chunkFrames: chunk,
        onePart: true,
        flushMs: 5_000,
      }),
    ),
  );
  const payload = new Uint8Array(FRAME_BYTES);
  const began = clock.now();
  let before = began;
  for (let sent = 0; sent < rate * length; ) {
    await sleep(1);
    const now = clock.now();
    const due = Math.min(rate * length, Math.floor(((now - began) / 1e6) * rate));
    // What became due since the last look was sensed in between, evenly; the last of it just now.
    const missing = due - sent;
    for (let i = 1; i <= missing; i++)
      for (const outlet of outlets)
        void outlet.send({ originTime: micros(before + ((now - before) * i) / missing), payload });
    if (missing > 0) before = now;
    sent = due;
  }
  await Promise.all(outlets.map((outlet) => outlet[Symbol.asyncDispose]()));
}
