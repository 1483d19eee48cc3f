import { fileURLToPath } from "node:url";

import { Trainer } from "../../src/learn/Trainer.ts";
import type { GmcConfig } from "../../src/models/gmc/config.ts";
import { type GmcCarried, gmcObjective, initGmcCarried } from "../../src/models/gmc/method.ts";
import { type GmcParams, initGmc } from "../../src/models/gmc/params.ts";
import { mhdDigitsConfig, mhdPaperConfig } from "../../src/models/gmc/presets.ts";
import type { HostTree } from "../../src/tensor/HostTensor.ts";
import { Rng } from "../../src/tensor/Rng.ts";
import { float32, type SpecTree, sizeOfShape } from "../../src/tensor/TensorSpec.ts";
import type { Tensor } from "../../src/tensor/tf.ts";
import type { Bench, BenchResult } from "../Bench.ts";
import { Peer } from "../tensor/Peer.ts";
import { raceStep } from "./raceStep.ts";

const ROUNDS = 5;
const RUNS = 4;
const BATCH = 64;

/** The paper's network, label included, and the one of our study. */
const CONFIGS: Readonly<Record<string, GmcConfig>> = {
  mhd: mhdPaperConfig,
  digits: mhdDigitsConfig(),
};

/** A training step of GMC's MHD networks (contrast in the code's form, Adam), against PyTorch float32. */
export const runGmcBench: Bench = async ({ log }) => {
  const script = fileURLToPath(new URL("gmc.py", import.meta.url));
  const started = await Peer.start("pytorch", "/usr/bin/python3", [script, "1"]);
  const peer = typeof started === "string" ? undefined : started;
  const skipped = typeof started === "string" ? [started] : [];
  const results: BenchResult[] = [];
  try {
    for (const [net, config] of Object.entries(CONFIGS)) {
      const rng = Rng.fromSeed(1);
      const params = initGmc(config, () => rng.uniform());
      await using trainer = await openStep(config, params as HostTree);
      const feeds = Object.fromEntries(
        config.modalities.map(({ name, shape }) => [
          name,
          rng.uniformArray(BATCH * sizeOfShape(shape)),
        ]),
      );
      const result = await raceStep({
        name: `gmc/${net}`,
        ours: () => trainer.step(feeds as never, 1e-4),
        peer,
        request: { op: "train", net, batch: BATCH, runs: RUNS },
        skipped,
        rounds: ROUNDS,
      });
      results.push(result);
      log(`${result.name} ${result.value.toFixed(1)} ms, ${result.ratios["pytorch"]?.toFixed(2)}x`);
    }
  } finally {
    peer?.stop();
  }
  return { bench: "gmc", results, skipped };
};

function openStep(config: GmcConfig, params: HostTree) {
  return Trainer.open({
    name: "gmc",
    params,
    extra: initGmcCarried(config, params as never) as HostTree,
    batch: Object.fromEntries(
      config.modalities.map(({ name, shape }) => [name, float32([BATCH, ...shape])]),
    ) as SpecTree,
    loss: (weights, inputs, carried) => {
      const objective = gmcObjective(
        config,
        {},
        weights as unknown as GmcParams<Tensor>,
        carried as unknown as GmcCarried<Tensor>,
        { inputs: inputs as Record<string, Tensor> },
      );
      return { loss: objective.loss, extra: objective.carried as never };
    },
  });
}
