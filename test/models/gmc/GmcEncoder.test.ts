import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";

import { ConfigError, ShapeError } from "../../../src/errors.ts";
import { combineEmbeddings } from "../../../src/models/gmc/combine.ts";
import { GmcEncoder, type GmcModel } from "../../../src/models/gmc/GmcEncoder.ts";
import { initGmc, initGmcStatistics } from "../../../src/models/gmc/params.ts";
import { type HostTensor, hostTensor } from "../../../src/tensor/HostTensor.ts";
import { Rng } from "../../../src/tensor/Rng.ts";
import { sizeOfShape } from "../../../src/tensor/TensorSpec.ts";
import { smallConfig } from "./small.ts";

const rng = Rng.fromSeed(1);
const model: GmcModel = {
  config: smallConfig,
  params: initGmc(smallConfig, () => rng.uniform()),
  statistics: initGmcStatistics(smallConfig),
};
const draw = (rows: number): Record<string, HostTensor<"float32">> =>
  Object.fromEntries(
    smallConfig.modalities.map(({ name, shape }) => [
      name,
      hostTensor(rng.normalArray(rows * sizeOfShape(shape)), [rows, ...shape]),
    ]),
  );

describe("GmcEncoder", () => {
  const encoder = new GmcEncoder(model, { batch: 2 });
  const three = draw(3);
  afterAll(() => encoder[Symbol.asyncDispose]());

  it("takes the joint for all modalities, the mean for some, and says so when there is none", async () => {
    const all = await encoder.represent(three);
    expect(all).toMatchObject({ kind: "available", from: "joint" });
    const { picture, vector } = three;
    const some = await encoder.represent({ picture, vector, sequence: undefined });
    expect(some).toMatchObject({ from: "modalities", modalities: ["picture", "vector"] });
    if (some.kind !== "available" || picture === undefined || vector === undefined)
      throw new Error("the test expects an embedding");
    const mean = combineEmbeddings([
      await encoder.modality("picture", picture),
      await encoder.modality("vector", vector),
    ]);
    expect(some.z).toEqual(mean);
    expect(await encoder.represent({})).toEqual({ kind: "unavailable" });
    expect(await encoder.represent({ picture: undefined })).toEqual({ kind: "unavailable" });
  });

  it("gives one row the same embedding alone, in any batch and in any position", async () => {
    const { picture } = three;
    if (picture === undefined) throw new Error("the test needs a picture");
    const together = await encoder.modality("picture", picture);
    await using other = new GmcEncoder(model, { batch: 5 });
    const wider = await other.modality("picture", picture);
    together.data.forEach((v, i) => void expect(v).toBeCloseTo(wider.data[i] ?? 9, 5));
    const size = sizeOfShape(picture.shape.slice(1));
    const last = hostTensor(picture.data.slice(2 * size), [1, ...picture.shape.slice(1)]);
    const alone = await encoder.modality("picture", last);
    alone.data.forEach((v, i) => void expect(v).toBeCloseTo(together.data[8 + i] ?? 9, 5));
  });

  it("refuses modalities and shapes it does not know, and inputs of different length", async () => {
    const x = hostTensor(new Float32Array(4), [1, 4]);
    await expect(encoder.represent({ smell: x })).rejects.toThrow(ConfigError);
    await expect(encoder.represent({ vector: x })).rejects.toThrow(ShapeError);
    const { vector = x } = draw(2);
    await expect(encoder.represent({ ...three, vector })).rejects.toThrow(ShapeError);
    expect(() => new GmcEncoder(model, { batch: 0 })).toThrow(ConfigError);
  });
});

describe("combineEmbeddings", () => {
  const unit = (angle: number): HostTensor<"float32"> =>
    hostTensor(Float32Array.of(Math.cos(angle), Math.sin(angle)), [1, 2]);
  const norm = (z: HostTensor<"float32">): number => Math.hypot(...z.data);

  it("gives two unit vectors at angle θ a mean of norm cos(θ/2), or of 1 where renormalised", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 3, noNaN: true }), (angle) => {
        const pair = [unit(0.3), unit(0.3 + angle)];
        expect(norm(combineEmbeddings(pair))).toBeCloseTo(Math.cos(angle / 2), 5);
        expect(norm(combineEmbeddings(pair, { renormalize: true }))).toBeCloseTo(1, 5);
      }),
    );
  });

  it("gives equal vectors themselves, and refuses none or unequal shapes", () => {
    expect(combineEmbeddings([unit(1), unit(1)]).data).toEqual(unit(1).data);
    expect(() => combineEmbeddings([])).toThrow(ShapeError);
    expect(() => combineEmbeddings([unit(1), hostTensor(new Float32Array(3), [1, 3])])).toThrow(
      ShapeError,
    );
  });
});
