import { ConfigError } from "../../../errors.ts";
import type { ReferenceGrid } from "./referenceGrid.ts";

/** The form of a deformable attention; the channels are those of its input. */
export interface DeformableOptions {
  /** Attention heads; divide the channels. */
  readonly heads: number;
  /** Groups of channels that move their samples together; divide the heads. */
  readonly groups: number;
  /** Length of the offset network's kernel along each axis; odd. */
  readonly kernel: number;
  /** Cells per sample along each axis, ≥ 1. */
  readonly stride: number;
  /** `symmetric` unless said otherwise. */
  readonly grid?: ReferenceGrid;
}

/** @throws {ConfigError} If heads, groups, kernel or stride do not fit each other and the channels. */
export function checkDeformable(
  where: string,
  { heads, groups, kernel, stride }: DeformableOptions,
  channels: number,
): void {
  const divides = (part: number, whole: number): boolean =>
    Number.isInteger(part) && part >= 1 && whole % part === 0;
  if (!divides(heads, channels))
    throw new ConfigError(where, `heads must divide ${channels} channels, got ${heads}`);
  if (!divides(groups, heads))
    throw new ConfigError(where, `groups must divide ${heads} heads, got ${groups}`);
  if (!(Number.isInteger(kernel) && kernel >= 1 && kernel % 2 === 1))
    throw new ConfigError(where, `kernel must be odd, got ${kernel}`);
  if (!(Number.isInteger(stride) && stride >= 1))
    throw new ConfigError(where, `stride must be >= 1, got ${stride}`);
}

/** Cells that a strided convolution with half padding gives: ⌊(cells − 1)/stride⌋ + 1. */
export function strided(cells: number, stride: number): number {
  return Math.floor((cells - 1) / stride) + 1;
}
