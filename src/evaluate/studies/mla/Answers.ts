import type { MlaConfig } from "../../../models/mla/config.ts";
import { fitTemperature } from "../../../models/mla/fitTemperature.ts";
import { MlaPredictor } from "../../../models/mla/MlaPredictor.ts";
import type { MlaParams } from "../../../models/mla/network.ts";
import type { HostTensor } from "../../../tensor/HostTensor.ts";

/** What each modality answers by itself to the same examples. */
export interface Answers {
  /** [N] the truth. */
  readonly labels: Int32Array;
  readonly classes: number;
  /** Per modality [N, C] flat. */
  readonly logits: Readonly<Record<string, Float32Array>>;
}

/** Examples to be answered: per modality [N, ...input] flat. */
export interface Questions {
  readonly labels: Int32Array;
  readonly inputs: Readonly<Record<string, Float32Array>>;
}

/** Asks every modality that the questions hold. */
export async function answer(
  config: MlaConfig,
  params: MlaParams<HostTensor<"float32">>,
  { labels, inputs }: Questions,
  threads: number,
): Promise<Answers> {
  await using predictor = await MlaPredictor.open({ config, params, threads });
  const logits: Record<string, Float32Array> = {};
  for (const [modality, x] of Object.entries(inputs))
    logits[modality] = (await predictor.predict(modality, x)).logits;
  return { labels, classes: config.classes, logits };
}

/** Several sets of answers one after the other; all of the same modalities. */
export function joinAnswers(parts: readonly Answers[]): Answers {
  const names = Object.keys(parts[0]?.logits ?? {});
  return {
    labels: Int32Array.from(parts.flatMap(({ labels }) => Array.from(labels))),
    classes: parts[0]?.classes ?? 0,
    logits: Object.fromEntries(
      names.map((name) => [
        name,
        Float32Array.from(parts.flatMap(({ logits }) => Array.from(logits[name] ?? []))),
      ]),
    ),
  };
}

/** Share of rows whose largest logit, the first of equals, is the label's. */
export function accuracyOf(logits: ArrayLike<number>, labels: Int32Array): number {
  const classes = logits.length / labels.length;
  let right = 0;
  for (const [row, label] of labels.entries()) {
    let best = 0;
    for (let c = 1; c < classes; c++)
      if ((logits[row * classes + c] ?? 0) > (logits[row * classes + best] ?? 0)) best = c;
    if (best === label) right++;
  }
  return right / labels.length;
}

/** One temperature per modality, fitted on answers to examples that were not learnt from. */
export function fitTemperatures(
  { labels, classes, logits }: Answers,
  shrinkage = 0,
): Readonly<Record<string, number>> {
  return Object.fromEntries(
    Object.entries(logits).map(([name, own]) => [
      name,
      fitTemperature({ logits: own, labels, classes }, { shrinkage }),
    ]),
  );
}
