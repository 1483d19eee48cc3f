import { type HostTensor, hostTensor } from "../../../tensor/HostTensor.ts";

/** A labelled span of a recording. */
export interface TimedLabel {
  readonly clip: number;
  readonly label: number;
  /** First and last moment, in frames from the recording's start; fractions allowed. */
  readonly from: number;
  readonly to: number;
}

/** What is cut into bins. */
export interface BinnedFrames {
  /** [clips, frames, width] flat. */
  readonly rows: Float32Array;
  readonly frames: number;
  readonly width: number;
}

/**
 * Spans as vectors of one length: frames averaged in equal parts of the span, by overlap.
 *
 * @param delay Frames by which a row lags what it shows; half of the frames that an input holds.
 * @returns [spans, bins · width]
 */
export function wordBins(
  { rows, frames, width }: BinnedFrames,
  spans: readonly TimedLabel[],
  { bins = 6, delay = 0 }: { readonly bins?: number; readonly delay?: number } = {},
): HostTensor<"float32"> {
  const out = new Float32Array(spans.length * bins * width);
  for (const [at, { clip, from, to }] of spans.entries())
    for (let bin = 0; bin < bins; bin++) {
      const start = from + delay + ((to - from) * bin) / bins;
      const end = from + delay + ((to - from) * (bin + 1)) / bins;
      const cell = out.subarray((at * bins + bin) * width, (at * bins + bin + 1) * width);
      let total = 0;
      for (let frame = Math.floor(start); frame < end; frame++) {
        const overlap = Math.min(end, frame + 1) - Math.max(start, frame);
        if (overlap <= 0) continue;
        const row = clip * frames + Math.min(Math.max(frame, 0), frames - 1);
        total += overlap;
        for (let d = 0; d < width; d++)
          cell[d] = (cell[d] ?? 0) + overlap * (rows[row * width + d] ?? 0);
      }
      for (let d = 0; d < width; d++) cell[d] = (cell[d] ?? 0) / Math.max(total, 1e-9);
    }
  return hostTensor(out, [spans.length, bins * width]);
}
