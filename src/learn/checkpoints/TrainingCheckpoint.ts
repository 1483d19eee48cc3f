import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

import type { UnifiedConfig } from "../../models/unified/config.ts";
import { initParams, type UnifiedParams } from "../../models/unified/params.ts";
import { type HostTensor, type HostTree, isHostTensor } from "../../tensor/HostTensor.ts";
import { decodeSafetensors, encodeSafetensors, treeOf } from "../../tensor/safetensors.ts";
import { flattenTree, unflattenTree } from "../../tensor/tree.ts";
import { initTrainerState, type TrainerState } from "../UnifiedTrainer.ts";

/** What a run came to so far that the state of its trainer does not tell. */
export interface TrainingStory {
  /** Per finished epoch, what was measured in it, by name. */
  readonly curves: readonly Readonly<Record<string, number>>[];
  /** The best epoch's weights and what it was chosen by; undefined before one was scored. */
  readonly best?: {
    readonly params: UnifiedParams<HostTensor<"float32">>;
    readonly codes: HostTensor<"float32">;
    readonly epoch: number;
    readonly merit: number;
  };
}

/** Where a run stopped. */
export interface TrainingCheckpoint extends TrainingStory {
  readonly state: TrainerState;
  /** Epochs done. */
  readonly epoch: number;
}

/**
 * Writes a checkpoint so that a stop in the middle leaves the one before.
 *
 * @param run What the run is made of (data, seed, epochs): a run only goes on from its own checkpoint.
 */
export async function writeCheckpoint(
  file: string,
  run: string,
  { state, epoch, curves, best }: TrainingCheckpoint,
): Promise<void> {
  const { step, ...tensors } = state;
  await mkdir(dirname(file), { recursive: true });
  const tree = {
    ...tensors,
    ...(best !== undefined && { best: { params: best.params, codes: best.codes } }),
  };
  const bytes = encodeSafetensors(tree as unknown as HostTree, {
    run,
    epoch: String(epoch),
    step: String(step),
    curves: JSON.stringify(curves),
    ...(best !== undefined && { best: JSON.stringify({ epoch: best.epoch, merit: best.merit }) }),
  });
  await writeFile(`${file}.part`, bytes);
  await rename(`${file}.part`, file);
}

/** Reads a checkpoint; undefined where there is none, or one of another run or another model. */
export async function readCheckpoint(
  file: string,
  run: string,
  config: UnifiedConfig,
): Promise<TrainingCheckpoint | undefined> {
  let bytes: Buffer;
  try {
    bytes = await readFile(file);
  } catch {
    return undefined;
  }
  const decoded = decodeSafetensors(
    new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength),
  );
  const { metadata } = decoded;
  if (metadata["run"] !== run) return undefined;
  const { step: _, ...fresh } = initTrainerState(
    config,
    initParams(config, () => 0.5),
  );
  const { best, ...tree } = treeOf(decoded);
  const chosen = JSON.parse(metadata["best"] ?? "{}") as { epoch: number; merit: number | null };
  const expected = leavesOf(fresh as unknown as HostTree);
  if (namesOf(expected) !== namesOf(leavesOf(tree))) return undefined;
  return {
    state: {
      // Same names and shapes as a fresh state, checked above, and in its order: a file has another, and
      // sums over all gradients would come out another by a rounding.
      ...(unflattenTree(
        expected.map(([path, leaf]) => [path, decoded.tensors.get(path) ?? leaf] as const),
      ) as unknown as Omit<TrainerState, "step">),
      step: Number(metadata["step"]),
    },
    epoch: Number(metadata["epoch"]),
    curves: JSON.parse(metadata["curves"] ?? "[]") as TrainingStory["curves"],
    ...(best !== undefined && {
      best: {
        ...(best as unknown as Pick<NonNullable<TrainingStory["best"]>, "params" | "codes">),
        epoch: chosen.epoch,
        // JSON has no −Infinity: so stands an epoch that was not scored.
        merit: chosen.merit ?? Number.NEGATIVE_INFINITY,
      },
    }),
  };
}

function leavesOf(tree: HostTree): [path: string, leaf: HostTensor][] {
  const isLeaf = (node: object): node is HostTensor => isHostTensor(node as HostTensor | HostTree);
  return flattenTree(tree, isLeaf, "readCheckpoint");
}

function namesOf(leaves: readonly (readonly [path: string, leaf: HostTensor])[]): string {
  return leaves
    .map(([path, { shape }]) => `${path}[${shape}]`)
    .sort()
    .join();
}
