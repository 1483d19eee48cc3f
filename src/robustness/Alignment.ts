import type { Reading } from "../frames/Reading.ts";
import { argMax } from "../tensor/argMax.ts";
import { hostTensor } from "../tensor/HostTensor.ts";
import type { Micros } from "../units.ts";
import { delaunayComponents } from "./dca/delaunayComponents.ts";
import { extended, NO_ROWS, type RunningMean } from "./RunningMean.ts";

/** How one stream's embeddings lie to the joint's. */
export interface StreamAlignment {
  readonly stream: string;
  /** Running mean of cos(z_m, z_joint), in [−1, 1]; absent before the first row. */
  readonly cosine?: number;
  /** Delaunay component analysis of the last minutes; absent until there is enough of them. */
  readonly dca?: DcaGauge;
}

/** What an analysis found. Shares in [0, 1]. */
export interface DcaGauge {
  /** Near 0.75 for two samples of the same clusters. */
  readonly score: number;
  readonly precision: number;
  readonly recall: number;
  readonly quality: number;
  /** The row after which it was computed. */
  readonly time: Micros;
}

/** How often two streams fall on the same code. */
export interface CodeAgreement {
  readonly streams: readonly [string, string];
  /** Running share of rows with an event and both present, in [0, 1]; absent where there was none. */
  readonly share?: number;
}

/** Embeddings of one row, in 8 bits a number. */
interface Point {
  readonly joint: Uint8Array;
  readonly streams: Readonly<Record<string, Uint8Array>>;
}

/** What it remembers. */
export interface AlignmentSnapshot {
  readonly rows: number;
  readonly cosines: Readonly<Record<string, RunningMean>>;
  readonly codes: Readonly<Record<string, RunningMean>>;
  readonly points: readonly Point[];
  readonly dca: Readonly<Record<string, DcaGauge>>;
}

/** Points of each set that the analysis compares: what keeps it to some milliseconds. */
const POINTS = 72;
/** Points it takes at least: from clusters of ten on it sees anything. */
const LEAST_POINTS = 48;
/** Rays per point; more find hardly more on as few. */
const RAYS = 128;
/** Rows from one analysis to the next, each of another stream. */
const DCA_EVERY = 250;
/** Unit vectors have numbers in [−1, 1]. */
const SCALE = 127;

/**
 * Whether the streams still mean the same by the same place: cosines to the joint, shared codes, and the
 * geometry of both sets.
 *
 * The reservoir of the analysis is the last minute or more in even steps, rows with an event alone.
 * Everything happens at fixed rows, so that it is part of the replay.
 *
 * Poklukar et al. 2022 (GMC), sec. 4, arXiv:2202.03390; DCA: Poklukar et al. 2022b, arXiv:2202.06866.
 */
export class Alignment {
  readonly #streams: readonly string[];
  readonly #pairs: readonly (readonly [string, string])[];
  readonly #memory: number;
  readonly #silence: number;
  #rows = 0;
  readonly #cosines = new Map<string, RunningMean>();
  readonly #codes = new Map<string, RunningMean>();
  #points: Point[] = [];
  readonly #dca = new Map<string, DcaGauge>();

  /** @param options `rows`: time constant of the means; `silence`: the class that is no event. */
  constructor(
    streams: readonly string[],
    { rows, silence }: { readonly rows: number; readonly silence: number },
  ) {
    this.#streams = streams;
    this.#pairs = streams.flatMap((one, at) =>
      streams.slice(at + 1).map((other) => [one, other] as const),
    );
    this.#memory = rows;
    this.#silence = silence;
  }

  /** Takes the next row. */
  push({ time, streams, joint, logProbabilities }: Reading): void {
    const row = this.#rows++;
    const isEvent = argMax(logProbabilities) !== this.#silence;
    if (joint !== undefined) {
      for (const name of this.#streams) {
        const own = streams[name];
        if (own !== undefined) this.#mean(this.#cosines, name, cosine(own.embedding, joint));
      }
      if (isEvent && row % Math.ceil(this.#memory / POINTS) === 0) this.#keep(streams, joint);
    }
    for (const pair of this.#pairs) {
      const [one, other] = pair.map((name) => streams[name]?.code);
      if (isEvent && one !== undefined && other !== undefined)
        this.#mean(this.#codes, pair.join("+"), one === other ? 1 : 0);
    }
    const turn = this.#streams[Math.floor(row / DCA_EVERY) % this.#streams.length];
    if (row % DCA_EVERY === DCA_EVERY - 1 && turn !== undefined) this.#analyse(turn, time);
  }

  /** Of every stream. */
  get streams(): readonly StreamAlignment[] {
    return this.#streams.map((stream) => {
      const [cosines, dca] = [this.#cosines.get(stream), this.#dca.get(stream)];
      return {
        stream,
        ...(cosines !== undefined && { cosine: cosines.mean }),
        ...(dca !== undefined && { dca }),
      };
    });
  }

  /** Of every pair of streams. */
  get codes(): readonly CodeAgreement[] {
    return this.#pairs.map((streams) => {
      const share = this.#codes.get(streams.join("+"))?.mean;
      return { streams: [...streams], ...(share !== undefined && { share }) };
    });
  }

  /** All that it remembers. */
  snapshot(): AlignmentSnapshot {
    return {
      rows: this.#rows,
      cosines: Object.fromEntries(this.#cosines),
      codes: Object.fromEntries(this.#codes),
      points: [...this.#points],
      dca: Object.fromEntries(this.#dca),
    };
  }

  /** Goes on where another of the same streams gave this snapshot. */
  restore({ rows, cosines, codes, points, dca }: AlignmentSnapshot): void {
    this.#rows = rows;
    this.#points = [...points];
    for (const [name, mean] of Object.entries(cosines)) this.#cosines.set(name, mean);
    for (const [name, mean] of Object.entries(codes)) this.#codes.set(name, mean);
    for (const [name, gauge] of Object.entries(dca)) this.#dca.set(name, gauge);
  }

  #mean(means: Map<string, RunningMean>, name: string, value: number): void {
    means.set(name, extended(means.get(name) ?? NO_ROWS, value, this.#memory));
  }

  #keep(streams: Reading["streams"], joint: Float32Array): void {
    const own = this.#streams.flatMap((name) => {
      const embedding = streams[name]?.embedding;
      return embedding === undefined ? [] : [[name, inBytes(embedding)] as const];
    });
    this.#points.push({ joint: inBytes(joint), streams: Object.fromEntries(own) });
    if (this.#points.length > POINTS) this.#points.shift();
  }

  #analyse(stream: string, time: Micros): void {
    const both = this.#points.flatMap(({ joint, streams }) => {
      const own = streams[stream];
      return own === undefined ? [] : [{ joint, own }];
    });
    const dimensions = both[0]?.own.length ?? 0;
    if (both.length < LEAST_POINTS) return;
    const tensorOf = (points: readonly Uint8Array[]) =>
      hostTensor(Float32Array.from(points.flatMap((point) => [...point].map(outOfByte))), [
        points.length,
        dimensions,
      ]);
    const { score, precision, recall, quality } = delaunayComponents({
      reference: tensorOf(both.map(({ joint }) => joint)),
      evaluated: tensorOf(both.map(({ own }) => own)),
      rays: RAYS,
      seed: 0,
    });
    this.#dca.set(stream, { score, precision, recall, quality, time });
  }
}

/** Of unit vectors: their product. */
function cosine(one: Float32Array, other: Float32Array): number {
  let sum = 0;
  for (let d = 0; d < one.length; d++) sum += (one[d] ?? 0) * (other[d] ?? 0);
  return Math.max(-1, Math.min(1, sum));
}

function inBytes(point: Float32Array): Uint8Array {
  return Uint8Array.from(point, (value) => Math.round(value * SCALE) + SCALE);
}

function outOfByte(value: number): number {
  return (value - SCALE) / SCALE;
}
