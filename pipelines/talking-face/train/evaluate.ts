import { createInference, type DeviceChoice, decodeWeights } from "../../../src/training.ts";
import { type CorpusLineOptions, corpusLine } from "./corpusLine.ts";
import { prepareLine } from "./prepareLine.ts";
import { type DecoderSettings, type LineScore, scoreLine } from "./scoreLine.ts";

/** What to score, and with which weights. */
export interface EvaluateOptions extends CorpusLineOptions {
  /** Bytes of the weights' file. */
  readonly weights: Uint8Array;
  readonly device?: DeviceChoice;
  readonly decoder?: DecoderSettings;
}

/**
 * Scores weights on a split of GRID as one continuous line, exactly as the live path would be fed.
 *
 * @returns With all sensors, by ear alone (`audio`), by lips alone (`video`).
 * @throws {ModelError} If the data or the weights are not what they should be.
 */
export async function evaluateCorpus(options: EvaluateOptions): Promise<LineScore> {
  const { weights, device, decoder, ...where } = options;
  const decoded = decodeWeights(weights, "talking-face");
  const line = await corpusLine(where);
  await using inference = await createInference(decoded, device === undefined ? {} : { device });
  return await scoreLine(inference, prepareLine(line, decoded.config), line.words, decoder);
}
