import { fileURLToPath } from "node:url";

import { compile } from "../../src/tensor/compile.ts";
import type { Device } from "../../src/tensor/device/Device.ts";
import { Rng } from "../../src/tensor/Rng.ts";
import { sizeOfShape } from "../../src/tensor/TensorSpec.ts";
import { TrainingSession } from "../../src/tensor/TrainingSession.ts";
import { type Bench, type BenchResult, median } from "../Bench.ts";
import {
  initialWeights,
  type Net,
  nets,
  optimizer,
  servingProgram,
  trainingProgram,
} from "./nets.ts";
import { Peer, type PeerRequest } from "./Peer.ts";

/** Rounds in which ours and every peer take turns, so that a busy moment hits all of them. */
const ROUNDS = 6;
const TRAIN_RUNS = 8;
const SERVE_RUNS = 40;
const SERVE_BATCHES = [1, 8, 64] as const;
/** A peer whose one run takes longer is run once and not again. */
const SLOW_MS = 400;

/** Something that runs once per call. */
type Step = () => Promise<unknown>;

/**
 * Training steps and serving of four networks, against PyTorch and tfjs's own backends.
 *
 * Arguments: `--threads=N` (1), `--device=cpu|webgpu|cuda` (cpu), `--only=NAME` (part of a result's
 * name). Off the CPU our own CPU device is one more peer.
 */
export const runTensorBench: Bench = async ({ log, args }) => {
  const option = (name: string, fallback: string): string =>
    args.find((arg) => arg.startsWith(`--${name}=`))?.split("=")[1] ?? fallback;
  const threads = Number(option("threads", "1"));
  const device = option("device", "cpu") as Device;
  const only = option("only", "");
  const skipped: string[] = [];
  const peers: Peer[] = [];
  for (const started of [
    await Peer.start("pytorch", "/usr/bin/python3", [here("nets.py"), String(threads), device]),
    await Peer.start("tfjs-wasm", process.execPath, [
      "--import",
      "tsx",
      here("tfjsPeer.ts"),
      "wasm",
    ]),
    await Peer.start("tfjs-cpu", process.execPath, ["--import", "tsx", here("tfjsPeer.ts"), "cpu"]),
  ])
    if (typeof started === "string") skipped.push(started);
    else peers.push(started);
  log(
    `peers: ${peers.map(({ name, version }) => `${name} ${version}`).join(", ")}; threads ${threads}`,
  );

  const results: BenchResult[] = [];
  let largest = 0;
  try {
    for (const net of nets) {
      if (`train/${net.name}`.includes(only)) {
        const ours = await openTraining(net, device, threads);
        largest = Math.max(largest, ours.openMs);
        const own = device === "cpu" ? undefined : await openTraining(net, "cpu", threads);
        const request = { op: "train", net: net.name, batch: net.batch, runs: TRAIN_RUNS } as const;
        results.push(
          await race(`train/${net.name}`, ours.step, own?.step, peers, request, skipped),
        );
        log(describe(results.at(-1)));
        await ours.close();
        await own?.close();
      }
      for (const batch of SERVE_BATCHES) {
        if (!`serve/${net.name}@${batch}`.includes(only)) continue;
        const ours = await openServing(net, batch, device, threads);
        const own = device === "cpu" ? undefined : await openServing(net, batch, "cpu", threads);
        const request = { op: "serve", net: net.name, batch, runs: SERVE_RUNS } as const;
        results.push(
          await race(`serve/${net.name}@${batch}`, ours.step, own?.step, peers, request, skipped),
        );
        log(describe(results.at(-1)));
        await ours.close();
        await own?.close();
      }
    }
  } finally {
    for (const peer of peers) peer.stop();
  }
  if (largest > 0)
    results.push({
      name: "open/largest-training",
      value: largest,
      unit: "ms",
      better: "lower",
      ratios: {},
    });
  return { bench: "tensor", results, skipped };
};

/** Ours and the peers in turns; medians over all rounds. */
async function race(
  name: string,
  ours: Step,
  own: Step | undefined,
  peers: readonly Peer[],
  request: PeerRequest,
  skipped: string[],
): Promise<BenchResult> {
  const times: number[] = [];
  const ownTimes: number[] = [];
  const peerTimes = new Map<string, number[]>();
  const out = new Set<string>();
  // One run of each to warm up and to see who is slow.
  await ours();
  await own?.();
  for (const peer of peers) {
    const first = await peer.run({ ...request, runs: 1 });
    if (typeof first === "string") {
      skipped.push(first);
      out.add(peer.name);
    } else if ((first[0] ?? 0) > SLOW_MS) {
      const again = await peer.run({ ...request, runs: 1 });
      peerTimes.set(peer.name, typeof again === "string" ? [...first] : [...again]);
      out.add(peer.name);
    }
  }
  for (let round = 0; round < ROUNDS; round += 1) {
    times.push(...(await time(ours, request.runs)));
    if (own !== undefined) ownTimes.push(...(await time(own, request.runs)));
    for (const peer of peers) {
      if (out.has(peer.name)) continue;
      // tfjs backends are many times slower: fewer runs are enough to see by how much.
      const runs = peer.name === "pytorch" ? request.runs : 1;
      const measured = await peer.run({ ...request, runs });
      if (typeof measured !== "string")
        peerTimes.set(peer.name, [...(peerTimes.get(peer.name) ?? []), ...measured]);
    }
  }
  const value = median(times);
  const ratios: Record<string, number> = {};
  for (const [peer, measured] of peerTimes) ratios[peer] = value / median(measured);
  if (own !== undefined) ratios["sensorium-cpu"] = value / median(ownTimes);
  return { name, value, unit: "ms", better: "lower", ratios };
}

async function time(step: Step, runs: number): Promise<number[]> {
  const times: number[] = [];
  for (let run = 0; run < runs; run += 1) {
    const started = performance.now();
    await step();
    times.push(performance.now() - started);
  }
  return times;
}

async function openTraining(net: Net, device: Device, threads: number) {
  const rng = Rng.fromSeed(1);
  const weights = initialWeights(net, rng);
  const started = performance.now();
  const session = await TrainingSession.open(trainingProgram(net, weights) as never, {
    state: { params: weights, adam: optimizer.init(weights) } as never,
    device,
    threads,
  });
  const openMs = performance.now() - started;
  const feeds = {
    x: rng.normalArray(net.batch * sizeOfShape(net.input)),
    y: Int32Array.from({ length: net.batch }, () => rng.int(0, net.classes)),
    learningRate: 1e-4,
  };
  return { openMs, step: () => session.step(feeds as never), close: () => session.dispose() };
}

async function openServing(net: Net, batch: number, device: Device, threads: number) {
  const rng = Rng.fromSeed(1);
  const weights = initialWeights(net, rng);
  const program = servingProgram(net, weights, batch);
  const compiled = await compile(program, {
    constants: { params: weights as never },
    device,
    threads,
  });
  const x = rng.normalArray(batch * sizeOfShape(net.input));
  return { step: () => compiled.run({ x } as never), close: () => compiled.dispose() };
}

function describe(result: BenchResult | undefined): string {
  if (result === undefined) return "";
  const ratios = Object.entries(result.ratios).map(
    ([peer, ratio]) => `${ratio.toFixed(3)}x ${peer}`,
  );
  return `${result.name} ${result.value.toFixed(3)} ms  ${ratios.join("  ")}`;
}

function here(file: string): string {
  return fileURLToPath(new URL(file, import.meta.url));
}
