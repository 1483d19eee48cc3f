import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { CaptionGrams } from "../../src/features/CaptionGrams.ts";
import type { FeatureExtractor } from "../../src/features/FeatureExtractor.ts";
import { LipFrames } from "../../src/features/LipFrames.ts";
import { LogMel } from "../../src/features/LogMel.ts";
import { NumberFrames } from "../../src/features/NumberFrames.ts";
import { SensorWindow } from "../../src/features/SensorWindow.ts";
import type { Cell } from "../../src/frames/Frameset.ts";
import { packValue, unpackValue } from "../../src/log/packValue.ts";
import { Rng } from "../../src/tensor/Rng.ts";
import { hertz, micros } from "../../src/units.ts";

const rng = Rng.fromSeed(4);
const bytesOf = (count: number): Uint8Array =>
  Uint8Array.from({ length: count }, () => Math.floor(rng.uniform() * 256));

const kinds: Readonly<
  Record<string, { readonly make: () => FeatureExtractor; readonly payload: () => Uint8Array }>
> = {
  LogMel: { make: () => new LogMel(), payload: () => bytesOf(1_280) },
  LipFrames: { make: () => new LipFrames({ rows: 4, columns: 5 }), payload: () => bytesOf(20) },
  CaptionGrams: {
    make: () => new CaptionGrams(),
    payload: () => new TextEncoder().encode('{"text":"blue","duration":250000}'),
  },
  SensorWindow: {
    make: () => new SensorWindow({ channels: 2, dtype: "u8", rate: hertz(25), perRow: 2 }),
    payload: () => bytesOf(8),
  },
  NumberFrames: {
    make: () => new NumberFrames({ channels: 2, frames: 4, dtype: "u8" }),
    payload: () => bytesOf(8),
  },
};

describe("an extractor put down and taken up again", () => {
  for (const [name, { make, payload }] of Object.entries(kinds))
    it(`says the same as one that went on: ${name}`, () => {
      fc.assert(
        fc.property(
          fc.array(fc.boolean(), { minLength: 2, maxLength: 24 }),
          fc.nat(),
          (present, at) => {
            const cells = present.map((isPresent, row): Cell => {
              const time = micros(row * 40_000);
              return isPresent
                ? {
                    ...{ presence: "real", payload: payload(), frames: 1, originTime: time },
                    ...{ age: micros(0), arrivalTime: time },
                  }
                : { presence: "missing", reason: "gap" };
            });
            const whole = make();
            let resumed = make();
            for (const [row, cell] of cells.entries()) {
              if (row === at % cells.length) {
                const snapshot = unpackValue(packValue(resumed.snapshot?.()));
                resumed = make();
                resumed.restore?.(snapshot);
                expect(resumed.view).toEqual(whole.view);
              }
              const time = micros(row * 40_000);
              expect(resumed.push(cell, time)).toEqual(whole.push(cell, time));
              expect(resumed.view).toEqual(whole.view);
            }
          },
        ),
        { numRuns: 60 },
      );
    });
});
