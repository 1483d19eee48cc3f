import { LogError } from "../errors.ts";
import type { FeatureExtractor } from "../features/FeatureExtractor.ts";
import type { Frameset } from "../frames/Frameset.ts";
import type { Packable } from "../log/packValue.ts";
import type { FeatureRow } from "./FeatureRow.ts";

/** What the extractors of all streams remember, by stream. */
export type FeatureRowsSnapshot = Readonly<Record<string, Packable>>;

/** Turns framesets into what the model sees of them, each exactly once and in grid order. */
export class FeatureRows {
  readonly #own: readonly (readonly [stream: string, extractor: FeatureExtractor])[];

  /** @param extractors Makes one extractor per stream; they keep state from row to row. */
  constructor(extractors: Readonly<Record<string, () => FeatureExtractor>>) {
    this.#own = Object.entries(extractors).map(([stream, create]) => [stream, create()] as const);
  }

  /** The row of the next frameset, at once. */
  push(frameset: Frameset): FeatureRow {
    const inputs: Record<string, Float32Array | undefined> = {};
    const views: Record<string, Uint8Array | undefined> = {};
    for (const [stream, extractor] of this.#own) {
      const cell = frameset.cells[stream];
      if (cell === undefined) continue;
      inputs[stream] = extractor.push(cell, frameset.time);
      // The extractor draws over it at the next row, while this one is still on its way.
      if (cell.presence !== "missing") views[stream] = extractor.view?.slice();
    }
    return { frameset, inputs, views };
  }

  /** What all extractors remember; undefined where one of them does not say. */
  snapshot(): FeatureRowsSnapshot | undefined {
    const snapshots: Record<string, Packable> = {};
    for (const [stream, extractor] of this.#own) {
      const { snapshot, restore } = extractor;
      if (snapshot === undefined || restore === undefined) return undefined;
      snapshots[stream] = snapshot.call(extractor);
    }
    return snapshots;
  }

  /**
   * Goes on where others of the same streams and options gave this snapshot.
   *
   * @throws {LogError} If it lacks a stream, or an extractor takes none.
   */
  restore(snapshot: FeatureRowsSnapshot): void {
    for (const [stream, extractor] of this.#own) {
      const own = snapshot[stream];
      if (own === undefined || extractor.restore === undefined)
        throw new LogError("checkpoint", `expected what ${stream}'s features remember, got none`);
      extractor.restore(own);
    }
  }
}
