import { type HostTensor, hostTensor } from "../../../tensor/HostTensor.ts";
import type { Rng } from "../../../tensor/Rng.ts";
import { batchFeeds, type GmcBench, type Instants } from "./GmcTask.ts";

/** Chance that a complete instant hides a modality from the joint encoder, each by itself. */
const HIDDEN = 0.25;

/**
 * Feeds of incomplete instants: what is absent is 0 in `inputs` and the last valid one of an earlier
 * instant in `held`; complete instants now and then lower a flag, so that the joint encoder learns what
 * that means.
 *
 * @param present Per modality [count] 1 where a training instant has it.
 */
export function heldFeeds(
  bench: GmcBench,
  train: Instants,
  present: Readonly<Record<string, Float32Array>>,
  rng: Rng,
): () => Record<string, unknown> {
  const hide = rng.fork("hidden");
  const last = new Map<string, Float32Array>();
  let rows: ArrayLike<number> = [];
  // The rows of a batch are known where its inputs are asked for.
  const watched: Instants = {
    ...train,
    inputs: (asked, move) => {
      rows = asked;
      return train.inputs(asked, move);
    },
  };
  const feeds = batchFeeds(bench, watched, rng);
  return () => {
    const batch = feeds();
    const inputs = batch["inputs"] as Record<string, HostTensor<"float32">>;
    const flagsOf = (name: string): Float32Array =>
      Float32Array.from(rows, (row) => present[name]?.[row] ?? 0);
    const flags = Object.fromEntries(Object.keys(inputs).map((name) => [name, flagsOf(name)]));
    const whole = Array.from(rows, (_, i) => Object.values(flags).every((flag) => flag[i] === 1));
    const fed = Object.entries(inputs).map(([name, x]) => {
      const size = x.data.length / Math.max(1, rows.length);
      const [there, held] = [x.data.slice(), x.data.slice()];
      for (let i = 0; i < rows.length; i++) {
        const old = last.get(name);
        if (flags[name]?.[i] === 1) {
          // A hidden input is not the last valid one that the joint sees: that is an earlier one.
          if (old !== undefined) held.set(old, i * size);
          last.set(name, x.data.slice(i * size, (i + 1) * size));
        } else {
          there.fill(0, i * size, (i + 1) * size);
          if (old === undefined) held.fill(0, i * size, (i + 1) * size);
          else held.set(old, i * size);
        }
      }
      const shown = (flags[name] ?? new Float32Array()).map((flag, i) =>
        whole[i] === true && hide.uniform() < HIDDEN ? 0 : flag,
      );
      return { name, there: hostTensor(there, x.shape), held: hostTensor(held, x.shape), shown };
    });
    return {
      ...batch,
      inputs: Object.fromEntries(fed.map(({ name, there }) => [name, there])),
      held: Object.fromEntries(fed.map(({ name, held }) => [name, held])),
      present: flags,
      shown: Object.fromEntries(fed.map(({ name, shown }) => [name, shown])),
    };
  };
}
