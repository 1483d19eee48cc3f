import { fileURLToPath } from "node:url";

import {
  GRID_ENCODERS,
  studyConfig,
  UTD_ENCODERS,
} from "../../src/evaluate/studies/mla/encoders.ts";
import type { MlaConfig } from "../../src/models/mla/config.ts";
import { MlaTrainer } from "../../src/models/mla/method.ts";
import { initMla } from "../../src/models/mla/network.ts";
import { Rng } from "../../src/tensor/Rng.ts";
import { sizeOfShape } from "../../src/tensor/TensorSpec.ts";
import type { Bench, BenchResult } from "../Bench.ts";
import { Peer } from "../tensor/Peer.ts";
import { raceStep } from "./raceStep.ts";

/** Rounds in which ours and the peer take turns, so that a busy moment hits both. */
const ROUNDS = 6;
const RUNS = 6;
const BATCH = 32;

/** Sizes of the study. */
const CONFIGS: Readonly<Record<string, MlaConfig>> = {
  grid_av: studyConfig(GRID_ENCODERS, 10),
  utd_mhad: studyConfig(UTD_ENCODERS, 27),
};

/** One alternating step of each modality of MLA's study, against PyTorch with the same layers. */
export const runMlaBench: Bench = async ({ log }) => {
  const script = fileURLToPath(new URL("mla.py", import.meta.url));
  const started = await Peer.start("pytorch", "/usr/bin/python3", [script, "1"]);
  const peer = typeof started === "string" ? undefined : started;
  const skipped = typeof started === "string" ? [started] : [];
  const results: BenchResult[] = [];
  try {
    for (const [set, config] of Object.entries(CONFIGS)) {
      const rng = Rng.fromSeed(1);
      const params = initMla(config, () => rng.uniform());
      await using trainer = await MlaTrainer.open({ config, params, batch: BATCH });
      for (const [modality, { input }] of Object.entries(config.modalities)) {
        const fed = {
          x: rng.normalArray(BATCH * sizeOfShape(input)),
          labels: Int32Array.from({ length: BATCH }, () => rng.int(0, config.classes)),
        };
        const ours = (): Promise<unknown> => trainer.step(modality, fed, { learningRate: 1e-4 });
        const request = { op: "train", net: modality, batch: BATCH, runs: RUNS, config } as const;
        const result = await raceStep({
          name: `mla/${set}/${modality}`,
          ours,
          peer,
          request,
          skipped,
          rounds: ROUNDS,
        });
        results.push(result);
        log(
          `${result.name} ${result.value.toFixed(2)} ms, ${result.ratios["pytorch"]?.toFixed(2)}x`,
        );
      }
    }
  } finally {
    peer?.stop();
  }
  return { bench: "mla", results, skipped };
};
