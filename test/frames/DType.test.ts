import { describe, expect, it } from "vitest";

import { borrowNumbers } from "../../src/frames/DType.ts";

describe("the numbers in a payload", () => {
  it("are read wherever it lies in its memory, a Buffer's too", () => {
    const memory = Buffer.alloc(32);
    for (let at = 0; at < 8; at++) {
      memory.writeFloatLE(1.5, at);
      memory.writeFloatLE(-2, at + 4);
      for (const payload of [memory, new Uint8Array(memory)].map((all) => all.subarray(at, at + 8)))
        expect([...borrowNumbers(payload, "f32")]).toEqual([1.5, -2]);
    }
  });

  it("are refused where they do not come out even", () => {
    expect(() => borrowNumbers(new Uint8Array(6), "f32")).toThrow(/multiple of 4 bytes/);
  });
});
