import { fileURLToPath } from "node:url";

import { CmgTraining } from "../../src/models/cmg/method.ts";
import { codePreset } from "../../src/models/cmg/presets.ts";
import { Rng } from "../../src/tensor/Rng.ts";
import { type Bench, type BenchResult, median } from "../Bench.ts";
import { Peer } from "../tensor/Peer.ts";

/** Turns of ours and both precisions of the peer, so that a busy moment hits all of them. */
const ROUNDS = 6;
const SIZES = { audio: 128, text: 256 } as const;

/**
 * A training step of CMG at the paper's sizes: batch 80, 10 tokens, width 256, 400 codes, two modalities
 * of vectors, all parts of the released objective; against PyTorch in float32, and in float64 as the
 * released code runs it.
 */
export const runCmgBench: Bench = async ({ log }) => {
  const script = fileURLToPath(new URL("cmg.py", import.meta.url));
  const started = await Peer.start("pytorch", "/usr/bin/python3", [script, "1"]);
  const peer = typeof started === "string" ? undefined : started;
  const skipped = typeof started === "string" ? [started] : [];
  const config = codePreset({
    modalities: Object.entries(SIZES).map(([name, size]) => ({
      name,
      input: { kind: "vector", size },
    })),
  });
  const rng = Rng.fromSeed(1);
  const x = Object.fromEntries(
    Object.entries(SIZES).map(([name, size]) => [
      name,
      rng.normalArray(config.batch * config.frames * size),
    ]),
  );
  const own: number[] = [];
  const theirs: Record<"float32" | "float64", number[]> = { float32: [], float64: [] };
  const opened = performance.now();
  await using training = await CmgTraining.open(config, { seed: 1 });
  const openMs = performance.now() - opened;
  const results: BenchResult[] = [];
  try {
    await training.step({ x });
    for (let round = 0; round <= ROUNDS; round++) {
      const began = performance.now();
      await training.step({ x });
      // The first round warms the peers up.
      if (round > 0) own.push(performance.now() - began);
      for (const net of ["float32", "float64"] as const) {
        const request = { op: "train", net, batch: config.batch, runs: 1 } as const;
        const measured = await peer?.run(request);
        if (typeof measured === "string") skipped.push(measured);
        else if (measured !== undefined && round > 0) theirs[net].push(...measured);
      }
    }
    const value = median(own);
    const ratios = Object.fromEntries(
      Object.entries(theirs)
        .filter(([, times]) => times.length > 0)
        .map(([net, times]) => [`pytorch-${net}`, value / median(times)]),
    );
    results.push({ name: "cmg/paper", value, unit: "ms", better: "lower", ratios });
    results.push({ name: "cmg/open", value: openMs, unit: "ms", better: "lower", ratios: {} });
    log(
      `cmg/paper ${value.toFixed(0)} ms ${JSON.stringify(ratios)}, opened in ${openMs.toFixed(0)} ms`,
    );
  } finally {
    peer?.stop();
  }
  return { bench: "cmg", results, skipped };
};
