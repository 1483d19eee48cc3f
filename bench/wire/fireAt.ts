/**
 * Pushes hostile messages at an inlet.
 *
 * node --import tsx fireAt.ts ADDRESS SEED COUNT does so from a process of its own.
 */
import { fileURLToPath } from "node:url";
import { Push } from "zeromq";

import { SystemClock } from "../../src/clock/SystemClock.ts";
import { HostileMessages } from "./hostileMessages.ts";

/** Sends the first `count` messages of a seed; settles when the last is in the socket's queue. */
export async function fireAt(address: string, seed: number, count: number): Promise<void> {
  const clock = new SystemClock();
  const messages = new HostileMessages(seed);
  const socket = new Push({ linger: 30_000, sendHighWaterMark: 1_000 });
  socket.connect(address);
  for (let n = 0; n < count; n++) await socket.send([...messages.next(clock.now())]);
  socket.close();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [address = "", seed, count] = process.argv.slice(2);
  await fireAt(address, Number(seed), Number(count));
}
