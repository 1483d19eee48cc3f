import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

import {
  decodeSafetensors,
  encodeSafetensors,
  flattenTree,
  type HostTensor,
  type HostTree,
  initParams,
  initTrainerState,
  isHostTensor,
  type TrainerState,
  treeOf,
  type UnifiedConfig,
} from "../../../src/training.ts";

/** Where a run stopped. */
export interface Checkpoint {
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
  { state, epoch }: Checkpoint,
): Promise<void> {
  const { step, ...tensors } = state;
  await mkdir(dirname(file), { recursive: true });
  const bytes = encodeSafetensors(tensors as unknown as HostTree, {
    run,
    epoch: String(epoch),
    step: String(step),
  });
  await writeFile(`${file}.part`, bytes);
  await rename(`${file}.part`, file);
}

/** Reads a checkpoint; undefined where there is none, or one of another run or another model. */
export async function readCheckpoint(
  file: string,
  run: string,
  config: UnifiedConfig,
): Promise<Checkpoint | undefined> {
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
  if (namesOf(fresh as unknown as HostTree) !== namesOf(treeOf(decoded))) return undefined;
  return {
    state: {
      // Same names and shapes as a fresh state, checked above.
      ...(treeOf(decoded) as unknown as Omit<TrainerState, "step">),
      step: Number(metadata["step"]),
    },
    epoch: Number(metadata["epoch"]),
  };
}

function namesOf(tree: HostTree): string {
  const isLeaf = (node: object): node is HostTensor => isHostTensor(node as HostTensor | HostTree);
  return flattenTree(tree, isLeaf, "readCheckpoint")
    .map(([path, { shape }]) => `${path}[${shape}]`)
    .sort()
    .join();
}
