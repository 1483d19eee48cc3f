import type { Cell, Frameset } from "../frames/Frameset.ts";
import type { Column } from "./Column.ts";
import type { ColumnCounters } from "./ColumnCounters.ts";
import type { Config } from "./Grid.ts";
import type { SequenceWindowSnapshot } from "./SequenceWindow.ts";
import type { UnusedReason } from "./UnusedFrame.ts";

/**
 * All that an `Aligner` knows, as plain values and bytes of its own: it may be cloned, packed and kept.
 *
 * Numbers may be ±∞, so JSON will not do; msgpack and `structuredClone` will.
 */
export interface AlignerSnapshot extends RowsSnapshot {
  readonly skew: number;
  readonly frontier: number;
  readonly due: number;
  readonly unknownStream: number;
  readonly refusedHeartbeats: number;
  readonly columns: readonly ColumnSnapshot[];
  readonly retired: Readonly<Record<string, ColumnCounters>>;
}

/** What is known of the rows. */
export interface RowsSnapshot {
  readonly lastTime: number;
  readonly index: number;
  readonly rows: number;
  readonly revisions: number;
  readonly skipped: number;
  /** How long, up to the next instant, nothing was there, in µs of the grid. */
  readonly empty: number;
  /** How many instants of that have no row. */
  readonly untold: number;
  /** The configuration in force, then those to come. */
  readonly configs: readonly Config[];
  /** Rows that a late frame can still revise. */
  readonly told: readonly Frameset[];
}

/** All that is known of one stream. */
export interface ColumnSnapshot extends ColumnState {
  readonly description: Column["description"];
  readonly unused: Readonly<Record<UnusedReason, number>>;
  readonly sequences: SequenceWindowSnapshot;
  readonly frames: readonly HeldFrame[];
}

/** A frame in a column's buffer. */
export interface HeldFrame {
  readonly time: number;
  readonly epoch: number;
  readonly sequence: number;
  readonly arrivalTime: number;
  readonly isUsed: boolean;
  /** A copy. */
  readonly payload: Uint8Array;
}

const STATE = [
  "watermark",
  "lock",
  "lost",
  "newest",
  "oldest",
  "reached",
  "promised",
  "refusedPromise",
  "idle",
  "closed",
  "isAstray",
  "clockUncertainty",
  "epoch",
  "acceptedEpoch",
  "received",
  "used",
  "belated",
] as const;

type ColumnState = { readonly [Name in (typeof STATE)[number]]: Column[Name] };

/** All that a column knows. */
export function snapshotColumn(column: Column): ColumnSnapshot {
  const { ring, description, sequences, unused } = column;
  const { watermark, lock, lost, newest, oldest, reached, promised, refusedPromise } = column;
  const { idle, closed, isAstray, clockUncertainty, epoch, acceptedEpoch } = column;
  const { received, used, belated } = column;
  const frames = Array.from({ length: ring.size }, (_, position): HeldFrame => {
    const chunk = ring.chunk(position);
    return {
      time: ring.time(position),
      epoch: chunk.epoch,
      sequence: chunk.firstSequence + ring.index(position),
      arrivalTime: chunk.arrivalTime,
      isUsed: ring.isUsed(position),
      payload: ring.payload(position).slice(),
    };
  });
  return {
    ...{ watermark, lock, lost, newest, oldest, reached, promised, refusedPromise },
    ...{ idle, closed, isAstray, clockUncertainty, epoch, acceptedEpoch },
    ...{ received, used, belated },
    ...{ description, frames, unused: { ...unused }, sequences: sequences.snapshot() },
  };
}

/** Brings a fresh column to where the snapshot was taken. */
export function restoreColumn(column: Column, snapshot: ColumnSnapshot): void {
  const { description, frames, unused, sequences, ...state } = snapshot;
  Object.assign(column, state);
  Object.assign(column.unused, unused);
  column.restoreSequences(sequences);
  for (const { time, epoch, sequence, arrivalTime, isUsed, payload } of frames) {
    const chunk = {
      ...{ site: description.site, stream: description.stream, epoch, firstSequence: sequence },
      originTimes: [time as Column["description"]["lateness"]],
      arrivalTime: arrivalTime as Column["description"]["lateness"],
      ...{ dtype: description.dtype, shape: description.shape, payload },
    };
    column.ring.insert(time, chunk, 0, 0, payload.byteLength);
    if (isUsed) column.ring.use(column.ring.size - 1);
  }
}

/** The same row, with payloads of its own. */
export function copyRow(row: Frameset): Frameset {
  const cells: Record<string, Cell> = {};
  for (const [stream, cell] of Object.entries(row.cells))
    cells[stream] = cell.presence === "missing" ? cell : { ...cell, payload: cell.payload.slice() };
  return { ...row, cells };
}
