import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";

import { array } from "../../sensors/array.ts";
import { synthetic } from "../../sensors/synthetic.ts";
import { ConfigError, SensorError } from "../../src/errors.ts";
import { seconds } from "../../src/units.ts";
import { context, numbers, sensedNumbers } from "./sensed.ts";

describe("the synthetic sensor", () => {
  it("makes a sine whose samples lie evenly over its frames", async () => {
    const options = { frequency: 2.5, amplitude: 2, offset: 1, seconds: 0.4 };
    const frames = await sensedNumbers(synthetic, options, context(numbers(2)));
    const samples = frames.flatMap(({ values }) => values); // 20 a second
    expect(frames.map(({ offset }) => offset)).toEqual([0, 100_000, 200_000, 300_000]);
    samples.forEach((sample, i) => {
      expect(sample).toBeCloseTo(1 + 2 * Math.sin((2 * Math.PI * 2.5 * i) / 20), 9);
    });
  });

  it("says the same whenever it joins", async () => {
    const all = await sensedNumbers(
      synthetic,
      { signal: "noise", seconds: 1 },
      context(numbers(3)),
    );
    const late = context(numbers(3), { from: seconds(1_000.45) });
    const rest = await sensedNumbers(synthetic, { signal: "noise", seconds: 1 }, late);
    expect(rest).toEqual(all.slice(5));
    expect(new Set(all.flatMap(({ values }) => values)).size).toBe(30);
  });

  it("makes steps and stillness", async () => {
    const steps = await sensedNumbers(
      synthetic,
      { signal: "steps", frequency: 2.5, seconds: 0.8 },
      context(numbers(1)),
    );
    expect(steps.map(({ values }) => values[0])).toEqual([1, 1, -1, -1, 1, 1, -1, -1]);
    const still = { signal: "still", offset: 3, seconds: 0.2 };
    const frames = await sensedNumbers(synthetic, still, context(numbers(1)));
    expect(frames.map(({ values }) => values[0])).toEqual([3, 3]);
  });

  it("refuses what its stream cannot hold", async () => {
    const bytes = context(numbers(1, { dtype: "u8" }));
    const loud = synthetic.create({ signal: "still", offset: 300 }).frames(bytes);
    await expect(loud[Symbol.asyncIterator]().next()).rejects.toThrow(ConfigError);
  });
});

describe("the array sensor", () => {
  const npy = (descr: string, shape: string, data: Uint8Array): Buffer => {
    const head = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${shape}, }`.padEnd(117);
    return Buffer.concat([
      Buffer.from("\x93NUMPY\x01\x00", "latin1"),
      Buffer.of(118, 0),
      Buffer.from(`${head}\n`),
      data,
    ]);
  };

  it("gives rows at the stream's rate, packed or not, some or all, and starts over", async () => {
    const folder = await mkdtemp(join(tmpdir(), "sensorium-array-"));
    const path = join(folder, "x.npy.gz");
    const data = new Uint8Array(Int16Array.of(1, 2, 3, 4, 5, 6, 7, 8).buffer);
    await writeFile(path, gzipSync(npy("<i2", "(4, 2)", data)));
    const told = context(numbers(2, { dtype: "i16" }), { repeat: seconds(0.2) });
    const seen: number[][] = [];
    for await (const { originTime, payload } of array
      .create({ path, first: 1, count: 2 })
      .frames(told)) {
      const values = new Int16Array(Uint8Array.from(payload).buffer);
      seen.push([originTime - told.origin, ...values]);
      if (seen.length === 3) break;
    }
    expect(seen).toEqual([
      [0, 3, 4],
      [100_000, 5, 6],
      [200_000, 3, 4],
    ]);
    const wrong = context(numbers(3, { dtype: "i16" }));
    await expect(sensedNumbers(array, { path }, wrong)).rejects.toThrow(
      /expected rows of i16 \[3\] .*, got i16 \[2\]/,
    );
    await expect(sensedNumbers(array, { path, first: 9 }, told)).rejects.toThrow(SensorError);
    await writeFile(path, "no array");
    await expect(sensedNumbers(array, { path }, told)).rejects.toThrow(/expected an array/);
    await rm(folder, { recursive: true });
  });
});
