import { ConfigError } from "../../errors.ts";
import { hostTensor } from "../../tensor/HostTensor.ts";
import type { Examples } from "../Examples.ts";

/**
 * Depth clips of half the frames, rows and columns: every second frame, means of 2 × 2 pixels.
 *
 * @param examples With an input `depth` [N, T, H, W, C] of even T, H and W; the others stay.
 * @returns `depth` is [N, T/2, H/2, W/2, C].
 * @throws {ConfigError} If there is no such input.
 */
export function halveDepth(examples: Examples): Examples {
  const [N = 0, T = 0, H = 0, W = 0, C = 0] = examples.inputs["depth"]?.shape ?? [];
  const from = examples.inputs["depth"]?.data;
  if (from === undefined || T % 2 > 0 || H % 2 > 0 || W % 2 > 0)
    throw new ConfigError(
      "halveDepth",
      `expected depth of even frames, rows and columns, got [${[N, T, H, W, C]}]`,
    );
  const shape = [N, T / 2, H / 2, W / 2, C] as const;
  const out = new Float32Array(shape.reduce((product, size) => product * size, 1));
  let at = 0;
  for (let clip = 0; clip < N; clip++)
    for (let frame = 0; frame < T; frame += 2)
      for (let row = 0; row < H; row += 2)
        for (let column = 0; column < W; column += 2) {
          const corner = (((clip * T + frame) * H + row) * W + column) * C;
          for (let channel = 0; channel < C; channel++) {
            const value = (down: number, right: number): number =>
              from[corner + (down * W + right) * C + channel] ?? 0;
            out[at++] = (value(0, 0) + value(0, 1) + value(1, 0) + value(1, 1)) / 4;
          }
        }
  return { ...examples, inputs: { ...examples.inputs, depth: hostTensor(out, shape) } };
}
