import { Observable, type OperatorFunction } from "rxjs";

import type { FeatureExtractor } from "../features/FeatureExtractor.ts";
import type { Frameset } from "../frames/Frameset.ts";
import type { FeatureRow } from "./FeatureRow.ts";

/**
 * Turns each frameset into what the model sees of it.
 *
 * @param extractors Makes one extractor per stream. They keep state from row to row, so each
 *   subscription gets its own, and each of its framesets must come exactly once and in grid order.
 * @returns One row per frameset, at once.
 */
export function extractFeatures(
  extractors: Readonly<Record<string, () => FeatureExtractor>>,
): OperatorFunction<Frameset, FeatureRow> {
  return (framesets) =>
    new Observable((subscriber) => {
      const own = Object.entries(extractors).map(([stream, create]) => [stream, create()] as const);
      return framesets.subscribe({
        next(frameset) {
          const inputs: Record<string, Float32Array | undefined> = {};
          const views: Record<string, Uint8Array | undefined> = {};
          for (const [stream, extractor] of own) {
            const cell = frameset.cells[stream];
            if (cell === undefined) continue;
            inputs[stream] = extractor.push(cell, frameset.time);
            // The extractor draws over it at the next row, while this one is still on its way.
            if (cell.presence !== "missing") views[stream] = extractor.view?.slice();
          }
          subscriber.next({ frameset, inputs, views });
        },
        error: (cause: unknown) => subscriber.error(cause),
        complete: () => subscriber.complete(),
      });
    });
}
