/**
 * CMG's loss in plain float64, written apart from the network: the oracle of its gradients.
 *
 * Vectors are arrays of arrays: a clip batch is [B][T][numbers]. Covers the frame-wise encoder, one LSTM
 * layer, CLUB by eq. 5, symmetric L_cmcm and the same-frame contrast.
 */
export type Matrix = readonly (readonly number[])[];
export type Clips = readonly Matrix[];

export interface OracleLinear {
  readonly weight: Matrix;
  readonly bias: readonly number[];
}

const at = (row: readonly number[] | undefined, i: number): number => row?.[i] ?? Number.NaN;

export function linearRow({ weight, bias }: OracleLinear, x: readonly number[]): number[] {
  return bias.map((b, out) => x.reduce((sum, value, i) => sum + value * at(weight[i], out), b));
}

export const relu = (x: readonly number[]): number[] => x.map((value) => Math.max(value, 0));

export function normalizeRow(x: readonly number[]): number[] {
  const mean = x.reduce((sum, value) => sum + value, 0) / x.length;
  const variance = x.reduce((sum, value) => sum + (value - mean) ** 2, 0) / x.length;
  return x.map((value) => (value - mean) / Math.sqrt(variance + 1e-5));
}

export interface OracleLstm {
  readonly input: Matrix;
  readonly recurrent: Matrix;
  readonly bias: readonly number[];
}

export function lstmClip({ input, recurrent, bias }: OracleLstm, frames: Matrix): number[][] {
  const H = recurrent.length;
  const sigmoid = (value: number): number => 1 / (1 + Math.exp(-value));
  let h: number[] = new Array(H).fill(0);
  let c: number[] = new Array(H).fill(0);
  return frames.map((x) => {
    const driven = linearRow({ weight: input, bias }, x);
    const gates = linearRow({ weight: recurrent, bias: driven }, h);
    c = c.map(
      (old, k) =>
        sigmoid(at(gates, H + k)) * old + sigmoid(at(gates, k)) * Math.tanh(at(gates, 2 * H + k)),
    );
    h = c.map((value, k) => sigmoid(at(gates, 3 * H + k)) * Math.tanh(value));
    return h;
  });
}

export const dot = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, value, i) => sum + value * at(b, i), 0);

export function logSumExp(values: readonly number[]): number {
  const top = Math.max(...values);
  return top + Math.log(values.reduce((sum, value) => sum + Math.exp(value - top), 0));
}

/** Mean of both directions over a square score matrix whose diagonal is right. */
export function bothDirections(scores: Matrix): number {
  const B = scores.length;
  let sum = 0;
  for (let i = 0; i < B; i++) {
    const row = scores[i] ?? [];
    const column = scores.map((each) => at(each, i));
    sum += logSumExp(row) - at(row, i) + logSumExp(column) - at(column, i);
  }
  return sum / (2 * B);
}

export function meanSquare(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + (value - at(b, i)) ** 2, 0) / a.length;
}

export function distance(a: readonly number[], b: readonly number[]): number {
  return Math.sqrt(a.reduce((sum, value, i) => sum + (value - at(b, i)) ** 2, 0));
}
