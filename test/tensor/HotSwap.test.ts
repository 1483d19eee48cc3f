import { describe, expect, it } from "vitest";

import { DeviceError } from "../../src/errors.ts";
import { HotSwap } from "../../src/tensor/HotSwap.ts";
import { openScaler } from "./support/programs.ts";

const x = Float32Array.of(1, 2);

describe("HotSwap", () => {
  it("finishes runs under way on the old program and starts new ones on the next", async () => {
    await using swap = new HotSwap(await openScaler(2));
    const before = swap.run({ x });
    const swapped = swap.swap(() => openScaler(3));
    const during = swap.run({ x });
    expect([...(await before).y]).toEqual([2, 4]);
    expect([...(await during).y]).toEqual([2, 4]);
    expect(await swapped).toBe(true);
    expect([...(await swap.run({ x })).y]).toEqual([3, 6]);
  });

  it("loses no run and mixes no result while programs are swapped many times", async () => {
    await using swap = new HotSwap(await openScaler(0));
    const swaps = (async () => {
      for (let factor = 1; factor <= 10; factor += 1) await swap.swap(() => openScaler(factor));
    })();
    let isSwapping = true;
    void swaps.finally(() => {
      isSwapping = false;
    });
    let last = 0;
    let runs = 0;
    while (isSwapping) {
      const [first = -1, second = -1] = (await swap.run({ x })).y;
      expect(second).toBe(2 * first);
      expect(first).toBeGreaterThanOrEqual(last);
      last = first;
      runs += 1;
    }
    await swaps;
    expect(runs).toBeGreaterThan(10);
    expect([...(await swap.run({ x })).y]).toEqual([10, 20]);
  });

  it("keeps serving when the next program does not open, and tells the caller", async () => {
    await using swap = new HotSwap(await openScaler(2));
    await expect(swap.swap(() => Promise.reject(new Error("no such weights")))).rejects.toThrow(
      "no such weights",
    );
    expect([...(await swap.run({ x })).y]).toEqual([2, 4]);
  });

  it("lets the later of two swaps win, whichever opens first", async () => {
    await using swap = new HotSwap(await openScaler(1));
    let openFirst: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      openFirst = resolve;
    });
    const early = swap.swap(async () => {
      await gate;
      return openScaler(2);
    });
    expect(await swap.swap(() => openScaler(3))).toBe(true);
    openFirst();
    expect(await early).toBe(false);
    expect([...(await swap.run({ x })).y]).toEqual([3, 6]);
  });

  it("closes a replaced program only after the last of its runs", async () => {
    const log: string[] = [];
    let finish: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const scaler = await openScaler(2);
    const slow: typeof scaler = {
      ...scaler,
      run: async (feeds) => {
        await gate;
        log.push("run ends");
        return scaler.run(feeds);
      },
      dispose: async () => {
        log.push("closed");
        await scaler.dispose();
      },
    };
    await using swap = new HotSwap(slow);
    const running = swap.run({ x });
    const next = await openScaler(3);
    const swapped = swap.swap(async () => next);
    while (swap.serving !== next) await Promise.resolve();
    expect(log).toEqual([]);
    finish();
    expect([...(await running).y]).toEqual([2, 4]);
    await swapped;
    expect(log).toEqual(["run ends", "closed"]);
  });

  it("refuses runs after it was disposed, twice being as good as once", async () => {
    const swap = new HotSwap(await openScaler(2));
    await swap.dispose();
    await swap.dispose();
    await expect(swap.run({ x })).rejects.toThrow(DeviceError);
  });
});
