import { readFile } from "node:fs/promises";

import { Aligner } from "../../align/Aligner.ts";
import { ConfigError } from "../../errors.ts";
import { isUsable } from "../../features/isUsable.ts";
import type { Label } from "../../frames/EventSpan.ts";
import type { RowFeatures } from "../../learn/rows/RowLine.ts";
import { readLog } from "../../log/readLog.ts";
import type { FeatureRow } from "../../stage/FeatureRow.ts";
import { FeatureRows } from "../../stage/FeatureRows.ts";
import { OnnxExtractor } from "../../stage/OnnxExtractor.ts";
import type { Micros } from "../../units.ts";
import { alignerOptions } from "../alignerOptions.ts";
import type { PipelineDefinition } from "../definePipeline.ts";
import type { RecordedLine } from "./RecordedLine.ts";

/** How recordings are read. */
export interface ReadLinesOptions {
  /** Paths of logs: files, or folders of segments. */
  readonly recordings: readonly string[];
  /** How far back the answer of a row lies, in µs. */
  readonly lookAhead: Micros;
  /** Called after each recording. */
  readonly onRead?: (path: string, rows: number) => void;
}

/** What came of reading recordings. */
export interface ReadLines {
  /** Per recording its lines: more than one where rows do not follow each other. */
  readonly lines: readonly (readonly RecordedLine[])[];
  /** Labels of no class of the pipeline, by label. */
  readonly unknown: ReadonlyMap<string, number>;
  /** Rows of a stream whose numbers no model can compute with, by stream: they are given as missing. */
  readonly unusable: ReadonlyMap<string, number>;
}

/** The pipeline's classes: silence first, then every label of its slots. */
export function classesOf({ silence, slots }: PipelineDefinition): readonly string[] {
  return [...new Set([silence, ...Object.values(slots).flat()])];
}

/**
 * Makes of recordings the very rows that the model is given when they happen: the same aligner, the same
 * extractors, fed record by record; what the model would be spared is left out (`isUsable`).
 *
 * A label says what a row is about, whoever gave it and however late; where two overlap, the one that was
 * recorded last counts, so that a person can correct a recording's own.
 *
 * @throws {LogError} If a log cannot be read.
 * @throws {ModelError} If an extractor's file cannot be opened.
 */
export async function readLines(
  definition: PipelineDefinition,
  { recordings, lookAhead, onRead }: ReadLinesOptions,
): Promise<ReadLines> {
  const unknown = new Map<string, number>();
  const unusable = new Map<string, number>();
  const lines: (readonly RecordedLine[])[] = [];
  const classes = classesOf(definition);
  const extractors = await openExtractors(definition);
  try {
    const read: { readonly labels: readonly Label[]; readonly pieces: readonly Piece[] }[] = [];
    for (const path of recordings) {
      const labels: Label[] = [];
      const pieces = await readRows(definition, path, { extractors, labels, unusable });
      for (const { label } of labels)
        if (!classes.includes(label)) unknown.set(label, (unknown.get(label) ?? 0) + 1);
      read.push({ labels: labels.filter(({ label }) => classes.includes(label)), pieces });
      onRead?.(
        path,
        pieces.reduce((sum, { rows }) => sum + rows, 0),
      );
    }
    const all = read.flatMap(({ pieces }) => pieces);
    const sizes = Object.fromEntries(
      Object.entries(definition.streams).map(([name, { features }]) => [
        name,
        // What an extractor's file makes of the features is seen from what came out of it.
        all.reduce((size, piece) => size || piece.sizeOf(name), 0) || features().size,
      ]),
    );
    for (const { labels, pieces } of read)
      lines.push(pieces.map((piece) => piece.finish({ labels, classes, lookAhead, sizes })));
  } finally {
    for (const extractor of extractors.values()) await extractor[Symbol.asyncDispose]();
  }
  return { lines, unknown, unusable };
}

async function openExtractors({
  streams,
}: PipelineDefinition): Promise<ReadonlyMap<string, OnnxExtractor>> {
  const extractors = new Map<string, OnnxExtractor>();
  for (const [stream, { onnx }] of Object.entries(streams))
    if (onnx !== undefined)
      extractors.set(stream, await OnnxExtractor.open(stream, await readFile(onnx)));
  return extractors;
}

interface Reading {
  readonly extractors: ReadonlyMap<string, OnnxExtractor>;
  /** The recording's labels are added to it. */
  readonly labels: Label[];
  /** Counted up. */
  readonly unusable: Map<string, number>;
}

async function readRows(
  definition: PipelineDefinition,
  path: string,
  { extractors, labels, unusable }: Reading,
): Promise<Piece[]> {
  const aligner = new Aligner(alignerOptions(definition));
  const features = new FeatureRows(
    Object.fromEntries(
      Object.entries(definition.streams).map(([name, plan]) => [name, plan.features]),
    ),
  );
  const pieces: Piece[] = [];
  for await (const record of readLog(path)) {
    if (record.kind === "LABEL") labels.push(record.label);
    if (record.kind === "CHECKPOINT") continue;
    if (record.kind === "CONFIG" && record.period !== definition.grid.period)
      throw new ConfigError(
        path,
        `expected rows every ${definition.grid.period} us, got a recording with ${record.period}`,
      );
    // A pipeline without some of its streams reads recordings as if those had never been attached.
    const known =
      record.kind === "CONFIG"
        ? {
            ...record,
            streams: record.streams.filter(({ stream }) => stream in definition.streams),
          }
        : record;
    for (const frameset of aligner.push(known)) {
      if (frameset.revision !== undefined) continue;
      const row = features.push(frameset);
      const inputs: Record<string, Float32Array | undefined> = { ...row.inputs };
      for (const [stream, extractor] of extractors) {
        const own = inputs[stream];
        if (own !== undefined) inputs[stream] = await extractor.extract(own);
      }
      for (const [stream, own] of Object.entries(inputs)) {
        if (own === undefined || isUsable(own)) continue;
        inputs[stream] = undefined;
        unusable.set(stream, (unusable.get(stream) ?? 0) + 1);
      }
      let piece = pieces.at(-1);
      if (piece?.next !== frameset.time) {
        piece = new Piece(frameset.time, definition.grid.period);
        pieces.push(piece);
      }
      piece.push(inputs);
    }
  }
  return pieces;
}

/** Rows that follow each other, while they are collected. */
class Piece {
  readonly #from: Micros;
  readonly #period: Micros;
  readonly #rows: FeatureRow["inputs"][] = [];

  constructor(from: Micros, period: Micros) {
    this.#from = from;
    this.#period = period;
  }

  get rows(): number {
    return this.#rows.length;
  }

  /** The instant of the row that would follow. */
  get next(): Micros {
    return (this.#from + this.#rows.length * this.#period) as Micros;
  }

  push(inputs: FeatureRow["inputs"]): void {
    this.#rows.push(inputs);
  }

  /** Numbers per row of a stream; 0 where it was never there. */
  sizeOf(name: string): number {
    return this.#rows.find((row) => row[name] !== undefined)?.[name]?.length ?? 0;
  }

  finish({ labels, classes, lookAhead, sizes }: Finish): RecordedLine {
    const rows = this.#rows.length;
    const labelled = new Int32Array(rows);
    const rowAt = (time: number): number =>
      Math.min(Math.max(Math.ceil((time + lookAhead - this.#from) / this.#period), 0), rows);
    for (const { label, from, to } of labels)
      labelled.fill(classes.indexOf(label), rowAt(from), rowAt(to));
    const truth = labels
      .filter(({ from, to }) => from >= this.#from && to + lookAhead <= this.next)
      .sort((a, b) => a.from - b.from);
    const streams = Object.fromEntries(
      Object.entries(sizes).map(([name, size]) => [name, this.#features(name, size)]),
    );
    // Features are many times what else is kept: rows that have been copied are let go.
    this.#rows.length = 0;
    return { rows, from: this.#from, labels: labelled, truth, streams };
  }

  #features(name: string, size: number): RowFeatures {
    const rows = this.#rows;
    const x = new Float32Array(rows.length * size);
    const present = new Float32Array(rows.length);
    for (const [at, row] of rows.entries()) {
      const own = row[name];
      if (own === undefined) continue;
      x.set(own, at * size);
      present[at] = 1;
    }
    return { size, x, present };
  }
}

interface Finish {
  readonly labels: readonly Label[];
  readonly classes: readonly string[];
  readonly lookAhead: Micros;
  readonly sizes: Readonly<Record<string, number>>;
}
