import { argMax } from "../../tensor/argMax.ts";

/**
 * Whether an answer holds one class for almost certain: for more probable than 0.9.
 *
 * @param logProbabilities [classes] natural log.
 */
export function isSure(logProbabilities: Float64Array): boolean {
  return (logProbabilities[argMax(logProbabilities)] ?? 0) > Math.log(0.9);
}
