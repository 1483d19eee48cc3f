import { describe, expect, it } from "vitest";

import { ConfigError } from "../../../src/errors.ts";
import type { ImlConfig } from "../../../src/models/imlrs/config.ts";
import { ImlStream, type SlotOutput } from "../../../src/models/imlrs/ImlStream.ts";
import { encode } from "../../../src/models/imlrs/network.ts";
import { initImlParams } from "../../../src/models/imlrs/params.ts";
import { compile } from "../../../src/tensor/compile.ts";
import { defineProgram } from "../../../src/tensor/defineProgram.ts";
import { specsOf } from "../../../src/tensor/HostTensor.ts";
import { Rng } from "../../../src/tensor/Rng.ts";
import { float32, type SpecTree } from "../../../src/tensor/TensorSpec.ts";
import { largestDifference, TINY } from "./tinyNetwork.ts";

const SLOTS = 6;
const CONFIG: ImlConfig = {
  ...TINY,
  grid: { kind: "line", length: SLOTS },
  modalities: [
    { name: "alpha", adapter: { kind: "series", length: 4 * SLOTS, channels: 2, window: 2 } },
    { name: "beta", adapter: { kind: "series", length: 3 * SLOTS, channels: 1, window: 3 } },
  ],
  fusionTokens: "shared",
  causal: { window: 3 },
  norms: 1,
  decoder: { width: 8, heads: 2, layers: 1 },
};
const PER_SLOT = { alpha: 8, beta: 3 } as const;
/** Beta is away in slots 1 and 4; in slot 4 it only comes late. */
const HERE = { alpha: [1, 1, 1, 1, 0, 1], beta: [1, 0, 1, 1, 1, 1] } as const;

const rng = Rng.fromSeed(8);
const params = initImlParams(CONFIG, () => rng.uniform());
const data = {
  alpha: rng.normalArray(PER_SLOT.alpha * SLOTS),
  beta: rng.normalArray(PER_SLOT.beta * SLOTS),
};
const slotOf = (name: "alpha" | "beta", slot: number): Float32Array =>
  data[name].slice(slot * PER_SLOT[name], (slot + 1) * PER_SLOT[name]);

/** Fusion tokens of all six slots at once: [SLOTS · D]. */
async function atOnce(): Promise<Float32Array> {
  await using whole = await compile(
    defineProgram({
      name: "whole",
      inputs: {
        params: specsOf(params) as SpecTree,
        alpha: { x: float32([1, 4 * SLOTS, 2]), present: float32([1, SLOTS]) },
        beta: { x: float32([1, 3 * SLOTS, 1]), present: float32([1, SLOTS]) },
      },
      body: ({ params: weights, alpha, beta }) => ({
        fusion: encode(weights as never, CONFIG, { alpha, beta }).fusion,
      }),
    }),
  );
  const { fusion } = await whole.run({
    params,
    alpha: { x: data.alpha, present: Float32Array.from(HERE.alpha) },
    beta: { x: data.beta, present: Float32Array.from(HERE.beta) },
  } as never);
  return fusion as Float32Array;
}

describe("ImlStream", () => {
  it("gives slot by slot what the whole gives at once, late data put in their place", async () => {
    const whole = await atOnce();
    const wanted = (slot: number): Float32Array => whole.slice(slot * 8, slot * 8 + 8);
    await using stream = await ImlStream.open(CONFIG, params, { lateness: 2 });
    const outputs: SlotOutput[] = [];
    for (let slot = 0; slot < SLOTS; slot++) {
      const here = (["alpha", "beta"] as const).filter(
        (name) => HERE[name][slot] === 1 && !(name === "beta" && slot === 4),
      );
      outputs.push(
        await stream.take(Object.fromEntries(here.map((name) => [name, slotOf(name, slot)]))),
      );
    }
    for (const { slot, fusion } of outputs.slice(0, 4))
      expect(largestDifference(fusion, wanted(slot))).toBeLessThan(4e-6);
    // Slot 4 without any modality, and slot 5 without what beta said in 4, are others.
    for (const { slot, fusion } of outputs.slice(4))
      expect(largestDifference(fusion, wanted(slot))).toBeGreaterThan(1e-4);

    const amended = await stream.amend(4, "beta", slotOf("beta", 4));
    expect(amended.map(({ slot }) => slot)).toEqual([4, 5]);
    for (const { slot, fusion, logits } of amended) {
      expect(largestDifference(fusion, wanted(slot))).toBeLessThan(4e-6);
      expect(logits).toHaveLength(3);
    }
    expect(await stream.amend(2, "beta", slotOf("beta", 2))).toEqual([]);
    expect(await stream.amend(6, "beta", slotOf("beta", 0))).toEqual([]);
  }, 60_000);

  it("refuses a network without a window, a negative lateness and an unknown modality", async () => {
    const { causal: _, ...endless } = CONFIG;
    await expect(ImlStream.open(endless, params, { lateness: 0 })).rejects.toThrow(ConfigError);
    await expect(ImlStream.open(CONFIG, params, { lateness: -1 })).rejects.toThrow(ConfigError);
    await using stream = await ImlStream.open(CONFIG, params, { lateness: 0 });
    await expect(stream.take({ smell: new Float32Array(3) })).rejects.toThrow(ConfigError);
  }, 60_000);
});
