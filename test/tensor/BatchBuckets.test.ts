import { describe, expect, it } from "vitest";

import { ConfigError } from "../../src/errors.ts";
import { BatchBuckets, padRows } from "../../src/tensor/BatchBuckets.ts";
import { openScaler } from "./support/programs.ts";

describe("BatchBuckets", () => {
  it("runs a batch in the smallest bucket that holds it and opens each bucket once", async () => {
    const opened: number[] = [];
    await using buckets = new BatchBuckets([8, 1, 4], (batch) => {
      opened.push(batch);
      return openScaler(2, batch);
    });
    const [three, four] = await Promise.all([buckets.bucketFor(3), buckets.bucketFor(4)]);
    expect([three.batch, four.batch]).toEqual([4, 4]);
    expect(three.program).toBe(four.program);
    expect((await buckets.bucketFor(1)).batch).toBe(1);
    expect(opened).toEqual([4, 1]);
    const x = padRows(Float32Array.of(1, 2, 3, 4, 5, 6), 3, 4);
    const { y } = await three.program.run({ x });
    expect([...y]).toEqual([2, 4, 6, 8, 10, 12, 0, 0]);
  });

  it("tries again after a bucket failed to open", async () => {
    let failures = 1;
    await using buckets = new BatchBuckets([1], (batch) =>
      failures-- > 0 ? Promise.reject(new Error("busy")) : openScaler(2, batch),
    );
    await expect(buckets.bucketFor(1)).rejects.toThrow("busy");
    expect((await buckets.bucketFor(1)).batch).toBe(1);
  });

  it("refuses sizes and rows that no bucket can hold", async () => {
    expect(() => new BatchBuckets([], () => openScaler(1))).toThrow(ConfigError);
    expect(() => new BatchBuckets([0.5], () => openScaler(1))).toThrow(ConfigError);
    const buckets = new BatchBuckets([2], () => openScaler(1));
    await expect(buckets.bucketFor(3)).rejects.toThrow("rows must be in [1, 2], got 3");
    await expect(buckets.bucketFor(0)).rejects.toThrow(ConfigError);
  });
});
