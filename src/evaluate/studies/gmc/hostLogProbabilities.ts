import type { LinearParams } from "../../../models/layers/Linear.ts";
import type { HostTensor } from "../../../tensor/HostTensor.ts";

/**
 * log softmax(scale · z W + b) outside a program: its products are small.
 *
 * @param z [N, s]
 * @returns [N · classes]
 */
export function hostLogProbabilities(
  { weight, bias }: LinearParams<HostTensor<"float32">>,
  z: HostTensor<"float32">,
  scale = 1,
): Float32Array {
  const [N = 0, size = 0] = z.shape;
  const classes = bias.data.length;
  const out = new Float32Array(N * classes);
  for (let i = 0; i < N; i++) {
    const row = out.subarray(i * classes, (i + 1) * classes);
    row.set(bias.data);
    for (let d = 0; d < size; d++) {
      const value = scale * (z.data[i * size + d] ?? 0);
      for (let c = 0; c < classes; c++)
        row[c] = (row[c] ?? 0) + value * (weight.data[d * classes + c] ?? 0);
    }
    const most = Math.max(...row);
    const norm = most + Math.log(row.reduce((sum, value) => sum + Math.exp(value - most), 0));
    for (let c = 0; c < classes; c++) row[c] = (row[c] ?? 0) - norm;
  }
  return out;
}
