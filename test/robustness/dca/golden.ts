import { type HostTensor, hostTensor } from "../../../src/tensor/HostTensor.ts";

/** The 40 points of the released tool's example, 20 of R and 20 of E. */
const R = `3.952,8.149 4.234,7.554 4.677,8.149 4.940,7.879 5.703,8.341 5.645,7.608 6.347,7.567
6.669,6.869 6.028,6.364 5.786,5.877 6.169,5.714 5.867,5.254 1.452,3.983 0.222,2.927 0.645,1.115
1.512,2.278 2.742,3.333 1.734,0.492 2.722,1.331 3.548,2.576`;
const E = `0.262,7.554 2.903,1.737 2.540,1.656 2.500,1.304 2.681,1.006 3.004,1.358 3.024,1.034
3.206,0.925 3.185,1.250 3.306,1.169 3.347,1.006 3.569,1.088 3.427,1.412 3.609,1.494 3.690,1.250
3.790,0.979 3.931,1.006 3.851,1.250 3.790,1.521 4.032,1.304`;

/** R of the golden test, [20, 2]. */
export const goldenReference: HostTensor<"float32"> = parse(R);

/** E of the golden test, [20, 2]. */
export const goldenEvaluated: HostTensor<"float32"> = parse(E);

function parse(text: string): HostTensor<"float32"> {
  const numbers = text.split(/[\s,]+/).map(Number);
  return hostTensor(Float32Array.from(numbers), [numbers.length / 2, 2]);
}
