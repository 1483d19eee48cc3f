import { fileURLToPath } from "node:url";

import { extraSensory } from "../../src/evaluate/studies/imlrs/extraSensory.ts";
import { houston } from "../../src/evaluate/studies/imlrs/houston.ts";
import type { ImlProtocol } from "../../src/evaluate/studies/imlrs/protocol.ts";
import { utd } from "../../src/evaluate/studies/imlrs/utd.ts";
import { Trainer } from "../../src/learn/Trainer.ts";
import {
  type ImlConfig,
  inputShapeOf,
  patchSizeOf,
  positionsOf,
  tokensOf,
} from "../../src/models/imlrs/config.ts";
import { drawMasks } from "../../src/models/imlrs/drawMasks.ts";
import { classificationObjective, inputFeeds } from "../../src/models/imlrs/method.ts";
import { initImlParams } from "../../src/models/imlrs/params.ts";
import type { HostTree } from "../../src/tensor/HostTensor.ts";
import { adamW } from "../../src/tensor/optimizers/adamW.ts";
import { Rng } from "../../src/tensor/Rng.ts";
import { sizeOfShape } from "../../src/tensor/TensorSpec.ts";
import type { Bench, BenchResult } from "../Bench.ts";
import { Peer } from "../tensor/Peer.ts";
import { raceStep } from "./raceStep.ts";

const ROUNDS = 8;
const RUNS = 6;

/** The classification step of IML-RS at the sizes of its study, against PyTorch. */
export const runImlrsBench: Bench = async ({ log }) => {
  const script = fileURLToPath(new URL("imlrs.py", import.meta.url));
  const started = await Peer.start("pytorch", "/usr/bin/python3", [script, "1"]);
  const peer = typeof started === "string" ? undefined : started;
  const skipped = typeof started === "string" ? [started] : [];
  const results: BenchResult[] = [];
  try {
    for (const protocol of [houston, utd, extraSensory]) {
      const { batch } = protocol.classify;
      await using ours = await openStep(protocol);
      const request = {
        op: "train",
        net: protocol.set,
        batch,
        runs: RUNS,
        config: peerConfig(protocol.network),
      } as const;
      const name = `imlrs/${protocol.set}`;
      const result = await raceStep({
        name,
        ours: ours.step,
        peer,
        request,
        skipped,
        rounds: ROUNDS,
      });
      results.push(result);
      log(`${name} ${result.value.toFixed(2)} ms, ${result.ratios["pytorch"]?.toFixed(2)}x`);
    }
  } finally {
    peer?.stop();
  }
  return { bench: "imlrs", results, skipped };
};

async function openStep({
  network: config,
  classify: { batch },
}: ImlProtocol): Promise<AsyncDisposable & { readonly step: () => Promise<unknown> }> {
  const rng = Rng.fromSeed(1);
  // As in the study: decoders and pooling take no part in classification.
  const { decoders: _, pool: __, ...params } = initImlParams(config, () => rng.uniform());
  const objective = classificationObjective(config, batch);
  const trainer = await Trainer.open({
    name: "imlrs-bench",
    params: params as unknown as HostTree,
    batch: objective.batch,
    loss: objective.loss,
    optimizer: adamW({ beta2: 0.99 }),
    clipNorm: 1,
  });
  const data = Object.fromEntries(
    config.modalities.map(({ name, adapter }) => [
      name,
      rng.normalArray(batch * sizeOfShape(inputShapeOf(adapter))),
    ]),
  );
  const masks = drawMasks(rng, config, {
    batch,
    combination: "random",
    keep: 0.9,
    perSample: true,
  });
  const feeds = {
    inputs: inputFeeds(data, masks),
    targets: {
      labels: Int32Array.from({ length: batch }, () => rng.int(0, config.classes)),
      weights: new Float32Array(batch).fill(1),
      dropout: new Float32Array(batch * config.width).fill(1),
    },
  };
  return {
    step: () => trainer.step(feeds as never, 1e-4),
    [Symbol.asyncDispose]: () => trainer[Symbol.asyncDispose](),
  };
}

/** The sizes that the peer builds the same network from. */
function peerConfig(config: ImlConfig) {
  const { width, heads, headWidth, layers, classes, grid, modalities } = config;
  return {
    width,
    heads,
    headWidth,
    layers,
    classes,
    positions: positionsOf(grid),
    modalities: modalities.map(({ name, adapter, hidden }) => ({
      name,
      tokens: tokensOf(adapter),
      patch: patchSizeOf(adapter),
      ...(hidden !== undefined && { hidden }),
    })),
  };
}
