import { type HostTensor, hostTensor } from "../../../tensor/HostTensor.ts";

/** Columns from … to − 1 of [N, K]. */
export function cutColumns(
  { data, shape }: HostTensor<"float32">,
  from: number,
  to: number,
): HostTensor<"float32"> {
  const [rows = 0, K = 0] = shape;
  const out = new Float32Array(rows * (to - from));
  for (let row = 0; row < rows; row++)
    out.set(data.subarray(row * K + from, row * K + to), row * (to - from));
  return hostTensor(out, [rows, to - from]);
}

/**
 * The dimensions that the factor probes look at: as many common ones as there are unique ones, so that
 * neither side knows more for being wider.
 *
 * @param common K_c of the method; variants without a split are read at the same places.
 */
export function dimensionsOf(
  embeddings: HostTensor<"float32">,
  common: number,
): { readonly common: HostTensor<"float32">; readonly unique: HostTensor<"float32"> } {
  const [, K = 0] = embeddings.shape;
  return {
    common: cutColumns(embeddings, 0, Math.min(K - common, common)),
    unique: cutColumns(embeddings, common, K),
  };
}
