declare module "fft.js" {
  /** Radix-4 fast Fourier transform of a fixed power-of-two size. */
  class FFT {
    constructor(size: number);
    readonly size: number;
    /** Interleaved [re, im] output of length 2 × size; real input of length size; only bins 0..size/2 are filled. */
    realTransform(out: Float64Array, data: ArrayLike<number>): void;
  }
  export = FFT;
}
