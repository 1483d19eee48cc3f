import { beforeAll, describe, expect, it } from "vitest";

import { ConfigError } from "../../../src/errors.ts";
import type { ImlConfig } from "../../../src/models/imlrs/config.ts";
import { encode } from "../../../src/models/imlrs/network.ts";
import { lineEmbedding } from "../../../src/models/imlrs/positions.ts";
import {
  appendFusion,
  appendModality,
  emptyPast,
  joinSlots,
  type ModalitySlots,
  type Past,
  pastOf,
} from "../../../src/models/imlrs/stream.ts";
import { Rng } from "../../../src/tensor/Rng.ts";
import { type Tensor, tf } from "../../../src/tensor/tf.ts";
import { largestDifference, randomInputs, randomWeights, TINY } from "./tinyNetwork.ts";

beforeAll(async () => {
  await tf.setBackend("cpu");
});

const SLOTS = 7;
const [B, D] = [2, 8];

/** Seven slots, of which a slot reads three: two tokens a slot of alpha, one of beta and of gamma. */
const CONFIG: ImlConfig = {
  ...TINY,
  grid: { kind: "line", length: SLOTS },
  modalities: [
    { name: "alpha", adapter: { kind: "series", length: 4 * SLOTS, channels: 2, window: 2 } },
    { name: "beta", adapter: { kind: "series", length: 3 * SLOTS, channels: 1, window: 3 } },
    { name: "gamma", adapter: { kind: "series", length: 2 * SLOTS, channels: 3, window: 2 } },
  ],
  fusionTokens: "shared",
  causal: { window: 3 },
};
const PER_SLOT: Readonly<Record<string, number>> = { alpha: 2, beta: 1, gamma: 1 };

const rng = Rng.fromSeed(31);
const coin = (share: number, ...shape: number[]): Tensor =>
  tf.tensor(
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () =>
      rng.uniform() < share ? 1 : 0,
    ),
    shape,
  );
const inputs = Object.fromEntries(
  Object.entries(randomInputs(CONFIG, B)).map(([name, { x }]) => [
    name,
    { x, present: coin(0.7, B, SLOTS), visible: coin(0.8, B, SLOTS * (PER_SLOT[name] ?? 1)) },
  ]),
);

/** The slots from `from` on, `count` of them, of a tensor with the slots on axis 1. */
function cut(x: Tensor, from: number, count: number): Tensor {
  const per = (x.shape[1] ?? 0) / SLOTS;
  const begin = x.shape.map((_, axis) => (axis === 1 ? from * per : 0));
  return tf.slice(
    x,
    begin,
    x.shape.map((size, axis) => (axis === 1 ? count * per : size)),
  );
}

/** A stream's memory: what every modality and the fusion tokens remember. */
interface Memory {
  readonly modalities: Readonly<Record<string, Past<Tensor>>>;
  readonly fusion: Past<Tensor>;
}

function start(): Memory {
  return {
    modalities: Object.fromEntries(
      Object.entries(PER_SLOT).map(([name, perSlot]) => [name, emptyPast(CONFIG, B, perSlot)]),
    ),
    fusion: emptyPast(CONFIG, B, 1),
  };
}

const at = (from: number, count: number): Tensor =>
  tf.tensor(lineEmbedding(from, count, D), [count, D]);

describe.each(["cross", "selfMPlus1"] as const)("a stream in the %s form", (form) => {
  const config: ImlConfig = { ...CONFIG, modalityAttention: form };
  const params = randomWeights(config);
  const whole = encode(params, config, inputs).fusion;

  const appendOne = (
    name: string,
    past: Past<Tensor> | undefined,
    from: number,
    count: number,
  ): ModalitySlots<Tensor> => {
    const modality = config.modalities.find((each) => each.name === name);
    const input = inputs[name];
    if (modality === undefined || input === undefined || past === undefined) throw new RangeError();
    const slots = {
      x: cut(input.x, from, count),
      present: cut(input.present, from, count),
      visible: cut(input.visible, from, count),
    };
    return appendModality(params, config, modality, slots, at(from, count), past);
  };
  const step = (memory: Memory, from: number, count: number): { rows: Tensor; memory: Memory } => {
    const slots = Object.fromEntries(
      Object.keys(PER_SLOT).map((name) => [
        name,
        appendOne(name, memory.modalities[name], from, count),
      ]),
    );
    const fusion = appendFusion(params, config, slots, at(from, count), memory.fusion);
    return {
      rows: fusion.rows,
      memory: {
        modalities: Object.fromEntries(
          Object.entries(slots).map(([name, { past, layers, readable }]) => [
            name,
            pastOf(config, past, layers, readable, PER_SLOT[name] ?? 1),
          ]),
        ),
        fusion: pastOf(config, memory.fusion, fusion.layers, tf.ones([B, count]), 1),
      },
    };
  };

  it.each([[[1, 1, 1, 1, 1, 1, 1]], [[2, 3, 2]], [[7]], [[4, 1, 2]]])(
    "gives by slots of %j what the whole gives at once",
    (counts) => {
      let memory = start();
      let from = 0;
      const rows = counts.map((count) => {
        const next = step(memory, from, count);
        memory = next.memory;
        from += count;
        return next.rows;
      });
      expect(largestDifference(tf.concat(rows, 1).dataSync(), whole.dataSync())).toBeLessThan(4e-6);
    },
  );

  it("needs only the fusion tokens again when one modality's slots come late", () => {
    let memory = start();
    for (let slot = 0; slot < 3; slot++) memory = step(memory, slot, 1).memory;
    // Alpha and beta advance slot by slot from 3 to 5; gamma's data come after.
    const onTime = (name: string): ModalitySlots<Tensor> => {
      let past = memory.modalities[name];
      let joined: ModalitySlots<Tensor> | undefined;
      for (let slot = 3; slot < 6; slot++) {
        const next = appendOne(name, past, slot, 1);
        past = pastOf(config, next.past, next.layers, next.readable, PER_SLOT[name] ?? 1);
        joined = joined === undefined ? next : joinSlots(joined, next);
      }
      if (joined === undefined) throw new RangeError();
      return joined;
    };
    const slots = {
      alpha: onTime("alpha"),
      beta: onTime("beta"),
      gamma: appendOne("gamma", memory.modalities["gamma"], 3, 3),
    };
    const late = appendFusion(params, config, slots, at(3, 3), memory.fusion).rows;
    expect(largestDifference(late.dataSync(), cut(whole, 3, 3).dataSync())).toBeLessThan(4e-6);
    // Without gamma the rows were others: the test would see a fusion that ignores it.
    const { gamma: _, ...without } = slots;
    const early = appendFusion(params, config, without, at(3, 3), memory.fusion).rows;
    expect(largestDifference(early.dataSync(), late.dataSync())).toBeGreaterThan(1e-3);
  });

  it("never looks ahead: a slot is the same to the bit whatever comes after", () => {
    const other = randomInputs(config, B, 77);
    const changed = Object.fromEntries(
      Object.entries(inputs).map(([name, input]) => {
        const later = other[name]?.x ?? input.x;
        return [name, { ...input, x: tf.concat([cut(input.x, 0, 4), cut(later, 4, 3)], 1) }];
      }),
    );
    const moved = encode(params, config, changed).fusion;
    expect(cut(moved, 0, 4).dataSync()).toEqual(cut(whole, 0, 4).dataSync());
    expect(
      largestDifference(cut(moved, 4, 3).dataSync(), cut(whole, 4, 3).dataSync()),
    ).toBeGreaterThan(1e-3);
  });
});

describe("a stream", () => {
  it("refuses a network that is not causal or has fusion tokens of its own per position", () => {
    const { causal: _, ...endless } = CONFIG;
    expect(() => emptyPast(endless, 1, 1)).toThrow(ConfigError);
    expect(() => emptyPast({ ...CONFIG, fusionTokens: "perPosition" }, 1, 1)).toThrow(ConfigError);
  });
});
