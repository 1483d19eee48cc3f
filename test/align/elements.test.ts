import { expect, it } from "vitest";

import { blend, concatenate } from "../../src/align/elements.ts";

const view = (of: { buffer: ArrayBufferLike }): Uint8Array => new Uint8Array(of.buffer.slice(0));

it("a mean of whole numbers is rounded and stays within their range", () => {
  const frames = [view(Int16Array.of(1, -32_768, 32_767)), view(Int16Array.of(2, -32_768, 32_767))];
  const mean = new Int16Array(blend(frames, [0.5, 0.5], "i16").buffer);
  expect([...mean]).toEqual([2, -32_768, 32_767]);
  const beyond = new Uint8Array(blend([Uint8Array.of(200, 3)], [2], "u8"));
  expect([...beyond]).toEqual([255, 6]);
});

it("a mean of real numbers is what it is, in their own precision", () => {
  const frames = [
    view(Float32Array.of(1, 0)),
    view(Float32Array.of(2, 1)),
    view(Float32Array.of(6, 0)),
  ];
  const mean = new Float32Array(blend(frames, [1 / 3, 1 / 3, 1 / 3], "f32").buffer);
  expect([...mean]).toEqual([3, Math.fround(1 / 3)]);
});

it("frames back to back are all their bytes in order", () => {
  expect([...concatenate([Uint8Array.of(1, 2), Uint8Array.of(), Uint8Array.of(3)])]).toEqual([
    1, 2, 3,
  ]);
});
