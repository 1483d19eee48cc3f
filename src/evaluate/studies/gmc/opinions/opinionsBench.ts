import type { GmcConfig, ModalityConfig } from "../../../../models/gmc/config.ts";
import { type Examples, gatherRows } from "../../../Examples.ts";
import { readMosiUtt } from "../../../sets/mosiUtt.ts";
import { dcaScores } from "../dcaScores.ts";
import type { GmcBench, Instants } from "../GmcTask.ts";
import { weightedF1 } from "./weightedF1.ts";

/** One hidden layer per modality: the utterance is one vector, there is no sequence to read. */
function vector(name: string, size: number): ModalityConfig {
  return { name, shape: [size], layers: [{ kind: "dense", width: 64, activation: "gelu" }] };
}

const config: GmcConfig = {
  modalities: [vector("text", 100), vector("audio", 73), vector("video", 100)],
  width: 60,
  head: { hidden: [], activation: "none", embedding: 60 },
  temperature: 0.3,
  dropout: 0.5,
};

/** MOSI utterances with the paper's sizes for sentiment: d = s = 60, a head of one map, temperature 0.3. */
export const opinionsBench: GmcBench = {
  config,
  classes: 2,
  batch: 24,
  rate: 1e-3,
  load: async ({ data, split }) => {
    const test = utterances(await readMosiUtt(data, split));
    return {
      train: utterances(await readMosiUtt(data, "train")),
      test,
      further: (modality, predicted) => ({
        [`f1/${modality}`]: weightedF1(predicted, test.labels, 2),
      }),
      align: ({ joint, modalities }, seed) => dcaScores(joint, modalities, seed),
    };
  },
};

function utterances({ count, labels, inputs }: Examples): Instants {
  return {
    count,
    labels,
    inputs: (rows) =>
      Object.fromEntries(Object.entries(inputs).map(([name, x]) => [name, gatherRows(x, rows)])),
  };
}
