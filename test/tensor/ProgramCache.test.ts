import { describe, expect, it } from "vitest";

import { ProgramCache } from "../../src/tensor/ProgramCache.ts";
import { openScaler } from "./support/programs.ts";

const x = Float32Array.of(1, 2);

describe("ProgramCache", () => {
  it("opens a program once for concurrent and later requests", async () => {
    let opened = 0;
    const open = () => {
      opened += 1;
      return openScaler(2);
    };
    await using cache = new ProgramCache(2);
    const [a, b] = await Promise.all([cache.lease("double", open), cache.lease("double", open)]);
    await a.release();
    await b.release();
    const c = await cache.lease("double", open);
    expect(c.program).toBe(a.program);
    expect(opened).toBe(1);
    await c.release();
  });

  it("closes the least recently used idle program and never one on loan", async () => {
    await using cache = new ProgramCache(1);
    const held = await cache.lease("held", () => openScaler(2));
    for (const key of ["a", "b"]) {
      const lease = await cache.lease(key, () => openScaler(3));
      await lease.release();
      await lease.release();
    }
    expect(cache.keys).toEqual(["held", "b"]);
    expect([...(await held.program.run({ x })).y]).toEqual([2, 4]);
    await held.release();
    expect(cache.keys).toEqual(["b"]);
  });

  it("counts asking again as use: the one left alone for longest goes first", async () => {
    await using cache = new ProgramCache(2);
    for (const key of ["a", "b", "a", "c"])
      await (await cache.lease(key, () => openScaler(2))).release();
    expect(cache.keys).toEqual(["a", "c"]);
  });

  it("closes a program on loan when it comes back after the cache was disposed", async () => {
    const cache = new ProgramCache(1);
    const lease = await cache.lease("a", () => openScaler(2));
    await cache.dispose();
    expect([...(await lease.program.run({ x })).y]).toEqual([2, 4]);
    await lease.release();
    await expect(lease.program.run({ x })).rejects.toThrow("disposed");
  });

  it("forgets an open that failed", async () => {
    await using cache = new ProgramCache(1);
    await expect(cache.lease("a", () => Promise.reject(new Error("busy")))).rejects.toThrow("busy");
    expect(cache.keys).toEqual([]);
    const lease = await cache.lease("a", () => openScaler(2));
    expect([...(await lease.program.run({ x })).y]).toEqual([2, 4]);
    await lease.release();
  });
});
