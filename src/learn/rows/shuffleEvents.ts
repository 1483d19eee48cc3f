import type { Rng } from "../../tensor/Rng.ts";
import type { RowFeatures, RowLine } from "./RowLine.ts";

/** A part of a line between the middles of two silences. */
interface Piece {
  readonly line: RowLine;
  readonly from: number;
  readonly to: number;
}

/**
 * The events of lines in another order: lines are cut in the middle of every silence and the pieces laid on
 * one line as drawn.
 *
 * What came before an event is the same each time a recording is learnt, and a model that looks back learns
 * it by heart: at an event's first rows that is easier than to wait and see. In another order it helps no more.
 *
 * @param lines Of the same streams. Not changed.
 * @param lookAheadRows How many rows before a row lies what its label is about; the last so many rows of a
 *   line, of which no label tells, are left out.
 * @returns One line of new arrays.
 */
export function shuffleEvents(lines: readonly RowLine[], lookAheadRows: number, rng: Rng): RowLine {
  const pieces = rng.shuffle(lines.flatMap((line) => cutInSilence(line, lookAheadRows)));
  const rows = pieces.reduce((sum, { from, to }) => sum + to - from, 0);
  const labels = new Int32Array(rows);
  let at = 0;
  for (const { line, from, to } of pieces) {
    // Labels belong to the instants that they are about, and those lie before their rows.
    const about = line.labels.subarray(from + lookAheadRows, to + lookAheadRows);
    labels.set(about.subarray(0, Math.max(0, rows - at - lookAheadRows)), at + lookAheadRows);
    at += to - from;
  }
  const names = Object.keys(lines[0]?.streams ?? {});
  const streams = Object.fromEntries(names.map((name) => [name, joined(pieces, name, rows)]));
  return { rows, labels, streams };
}

function cutInSilence(line: RowLine, lookAheadRows: number): Piece[] {
  const last = line.rows - lookAheadRows;
  const isSilent = (instant: number): boolean => line.labels[instant + lookAheadRows] === 0;
  const cuts = [0];
  for (let from = 0; from < last; from++) {
    if (!isSilent(from)) continue;
    const begin = from;
    while (from < last && isSilent(from)) from++;
    if (begin > 0 && from < last) cuts.push(Math.floor((begin + from) / 2));
  }
  return cuts
    .map((from, i) => ({ line, from, to: cuts[i + 1] ?? last }))
    .filter(({ from, to }) => to > from);
}

function joined(pieces: readonly Piece[], name: string, rows: number): RowFeatures {
  const size = pieces[0]?.line.streams[name]?.size ?? 0;
  const x = new Float32Array(rows * size);
  const present = new Float32Array(rows);
  let at = 0;
  for (const { line, from, to } of pieces) {
    const source = line.streams[name];
    if (source !== undefined) {
      x.set(source.x.subarray(from * size, to * size), at * size);
      present.set(source.present.subarray(from, to), at);
    }
    at += to - from;
  }
  return { size, x, present };
}
