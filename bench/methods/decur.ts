import { fileURLToPath } from "node:url";

import { configOf } from "../../src/evaluate/studies/decur/DecurTask.ts";
import { trainingOf } from "../../src/evaluate/studies/decur/pretrain.ts";
import { REAL_SETS, taskOf } from "../../src/evaluate/studies/decur/tasks.ts";
import { Trainer } from "../../src/learn/Trainer.ts";
import { inputShape } from "../../src/models/decur/config.ts";
import { initDecur, initDecurState } from "../../src/models/decur/method.ts";
import { Rng } from "../../src/tensor/Rng.ts";
import { sizeOfShape } from "../../src/tensor/TensorSpec.ts";
import type { Bench, BenchResult } from "../Bench.ts";
import { Peer } from "../tensor/Peer.ts";
import { raceStep } from "./raceStep.ts";

/** Rounds in which ours and the peer take turns, so that a busy moment hits both. */
const ROUNDS = 5;
const RUNS = 3;

/** One pretraining step of DeCUR's study on each set, against PyTorch with the same layers. */
export const runDecurBench: Bench = async ({ log }) => {
  const script = fileURLToPath(new URL("decur.py", import.meta.url));
  const started = await Peer.start("pytorch", "/usr/bin/python3", [script, "1"]);
  const peer = typeof started === "string" ? undefined : started;
  const skipped = typeof started === "string" ? [started] : [];
  const results: BenchResult[] = [];
  try {
    for (const set of REAL_SETS) {
      const task = taskOf(set);
      const config = configOf(task);
      const { batch } = task.schedule;
      const rng = Rng.fromSeed(1);
      const params = initDecur(config, rng);
      const extra = initDecurState(config, params);
      await using trainer = await Trainer.open({ ...trainingOf(config, batch), params, extra });
      const feeds = Object.fromEntries(
        config.modalities.map(({ name, encoder }) => {
          const view = () => rng.normalArray(batch * sizeOfShape(inputShape(encoder)));
          return [name, { first: view(), second: view() }];
        }),
      );
      const request = { op: "train", net: set, batch, runs: RUNS, config } as const;
      const ours = (): Promise<unknown> => trainer.step(feeds, 1e-4);
      const name = `decur/${set}`;
      const result = await raceStep({ name, ours, peer, request, skipped, rounds: ROUNDS });
      results.push(result);
      log(
        `${name} ${result.value.toFixed(1)} ms, ${result.ratios["pytorch"]?.toFixed(2)}x pytorch`,
      );
    }
  } finally {
    peer?.stop();
  }
  return { bench: "decur", results, skipped };
};
