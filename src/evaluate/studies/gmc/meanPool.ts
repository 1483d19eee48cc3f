import { ShapeError } from "../../../errors.ts";
import { type HostTensor, hostTensor } from "../../../tensor/HostTensor.ts";

/**
 * Means over blocks of rows and columns, flat: [N, H, W, C] to [N, (H / rows) · (W / columns) · C].
 *
 * @throws {ShapeError} If the blocks do not divide the picture.
 */
export function meanPool(
  { data, shape }: HostTensor<"float32">,
  [rows, columns]: readonly [rows: number, columns: number],
): HostTensor<"float32"> {
  const [N = 0, H = 0, W = 0, C = 1] = shape;
  if (H % rows !== 0 || W % columns !== 0)
    throw new ShapeError("meanPool", `expected blocks that divide [${H}, ${W}]`);
  const [high, wide] = [H / rows, W / columns];
  const out = new Float32Array(N * high * wide * C);
  for (let n = 0; n < N; n++)
    for (let h = 0; h < H; h++)
      for (let w = 0; w < W; w++)
        for (let c = 0; c < C; c++) {
          const to = ((n * high + Math.floor(h / rows)) * wide + Math.floor(w / columns)) * C + c;
          out[to] = (out[to] ?? 0) + (data[((n * H + h) * W + w) * C + c] ?? 0) / (rows * columns);
        }
  return hostTensor(out, [N, high * wide * C]);
}
