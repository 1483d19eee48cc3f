import { parentPort } from "node:worker_threads";

import { Rng } from "../../../src/training.ts";
import type { SpeechClip } from "../corpus/SpeechClip.ts";
import { NoiseTable } from "./NoiseTable.ts";
import { type LineTarget, type PreparedLine, prepareTrainingLine } from "./prepareLine.ts";

/** What a worker is given once. */
export interface PrepareWorkerData {
  readonly clips: readonly SpeechClip[];
  readonly target: LineTarget;
  readonly clipsPerLine: number;
}

/** One epoch to prepare. */
export interface PrepareRequest {
  readonly epoch: number;
  readonly seed: number;
}

/** The epoch's lines; their arrays are handed over. */
export interface PrepareReply {
  readonly epoch: number;
  readonly lines: readonly PreparedLine[];
}

let data: PrepareWorkerData | undefined;

// Sound and pictures of the next epoch are made while the present one is learnt: as much work again.
parentPort?.on("message", (message: PrepareWorkerData | PrepareRequest) => {
  if ("clips" in message) data = message;
  else if (data !== undefined) answer(message, data);
});

function answer(
  { epoch, seed }: PrepareRequest,
  { clips, target, clipsPerLine }: PrepareWorkerData,
): void {
  const voices = clips.map(({ pcm }) => pcm);
  const random = Rng.fromSeed(seed).fork(`epoch ${epoch}`);
  const noise = new NoiseTable(() => random.uniform());
  const order = random.shuffle([...clips]);
  const lines: PreparedLine[] = [];
  for (let at = 0; at < order.length; at += clipsPerLine)
    lines.push(
      prepareTrainingLine(order.slice(at, at + clipsPerLine), voices, random, noise, target),
    );
  const reply: PrepareReply = { epoch, lines };
  parentPort?.postMessage(reply, buffersOf(lines));
}

function buffersOf(lines: readonly PreparedLine[]): ArrayBuffer[] {
  return lines.flatMap(({ streams, labels }) =>
    [labels, ...Object.values(streams).flatMap(({ x, present }) => [x, present])].map(
      ({ buffer }) => buffer as ArrayBuffer,
    ),
  );
}
