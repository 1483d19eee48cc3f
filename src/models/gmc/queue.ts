import { ConfigError } from "../../errors.ts";
import { type HostTensor, hostTensor } from "../../tensor/HostTensor.ts";
import { type Tensor, tf } from "../../tensor/tf.ts";
import type { GmcConfig } from "./config.ts";

/** The last Q instants: first in, first out. */
export type GmcQueue<L> = {
  /** [Q, S] z_J of each. */
  readonly joint: L;
  /** [Q, S] z_m of each. */
  readonly modalities: { readonly [modality: string]: L };
  /** [Q] per modality: 1 where the entry has it, 0 where it is absent or nothing was put in yet. */
  readonly valid: { readonly [modality: string]: L };
  /** [Q] seconds. */
  readonly times: L;
};

/** What enters a queue: one batch, tensors as in `GmcQueue` with B rows. */
export type GmcQueueEntries = GmcQueue<Tensor>;

/** An empty queue. @throws {ConfigError} If `size` is not a positive integer. */
export function initQueue(config: GmcConfig, size: number): GmcQueue<HostTensor<"float32">> {
  if (!(Number.isInteger(size) && size > 0))
    throw new ConfigError("gmc queue", `size must be a positive integer, got ${size}`);
  const { embedding } = config.head;
  const each = (shape: readonly number[]): Record<string, HostTensor<"float32">> =>
    Object.fromEntries(config.modalities.map(({ name }) => [name, zeros(shape)]));
  return {
    joint: zeros([size, embedding]),
    modalities: each([size, embedding]),
    valid: each([size]),
    times: zeros([size]),
  };
}

/** The queue after a batch: the newest first, the oldest gone. */
export function pushQueue(queue: GmcQueue<Tensor>, entries: GmcQueueEntries): GmcQueue<Tensor> {
  const size = queue.times.shape[0] ?? 0;
  const push = (old: Tensor, fresh: Tensor): Tensor =>
    tf.slice(tf.concat([fresh, old], 0), 0, size);
  const pushAll = (old: Record<string, Tensor>, fresh: Record<string, Tensor>) =>
    Object.fromEntries(
      Object.entries(old).map(([name, tensor]) => [name, push(tensor, fresh[name] ?? tensor)]),
    );
  return {
    joint: push(queue.joint, entries.joint),
    modalities: pushAll(queue.modalities, entries.modalities),
    valid: pushAll(queue.valid, entries.valid),
    times: push(queue.times, entries.times),
  };
}

function zeros(shape: readonly number[]): HostTensor<"float32"> {
  return hostTensor(new Float32Array(shape.reduce((a, b) => a * b, 1)), shape);
}
