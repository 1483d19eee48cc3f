/** N = 8, K = 4: z_s[i][j] = sin(1.3 i + 0.7 j + 1.1 s) + 0.25 cos(0.9 i (j + 1) + s), as float32. */
export function referenceView(s: number): Float32Array {
  return Float32Array.from({ length: 32 }, (_, at) => {
    const [i, j] = [Math.floor(at / 4), at % 4];
    return Math.sin(1.3 * i + 0.7 * j + 1.1 * s) + 0.25 * Math.cos(0.9 * i * (j + 1) + s);
  });
}

/** 64 rows of chosen columns of Sylvester's Hadamard matrix, the constant column left out. */
export function hadamard(columns: readonly number[]): Float32Array {
  const bits = (x: number): number => x.toString(2).replaceAll("0", "").length;
  return Float32Array.from({ length: 64 * columns.length }, (_, at) => {
    const row = Math.floor(at / columns.length);
    const column = (columns[at % columns.length] ?? 0) + 1;
    return bits(row & column) % 2 === 0 ? 1 : -1;
  });
}

/** from, from + 1, … to − 1. */
export function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}
