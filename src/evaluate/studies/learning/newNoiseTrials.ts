import { readFile } from "node:fs/promises";

import { ModelError } from "../../../errors.ts";
import { trainedPart } from "../../../models/unified/adapted.ts";
import { type DecodedWeights, decodeWeights } from "../../../models/unified/weights.ts";
import { Rng } from "../../../tensor/Rng.ts";
import type { Trial, TrialContext } from "../../Study.ts";
import { readGridAv } from "../../sets/gridAv.ts";
import { comparePlays } from "./comparePlays.ts";
import { PARTS, SHIPPED } from "./conditions.ts";
import { encodeRows } from "./encodeRows.ts";
import { gridRows, SENTENCE_ROWS } from "./gridRows.ts";
import { accuracyOf, answersOf } from "./StreamAnswers.ts";
import { speechModel } from "./streamModels.ts";
import { trainStreamModel } from "./trainStreamModel.ts";

const STEPS = 500;
/** Sentences that the small model is trained on; of the stream; and kept apart, clean, for what was known. */
const TAUGHT = 300;
const PLAYED = 110;
const KNOWN = 40;
/** The sentence with which minute 2 begins, and how far the voices below it lie under the first, in dB. */
const BABBLE_FROM = 40;
const BABBLE_DB = -5;
/** Share of labels that are wrong where they are. */
const FLIPPED = 0.3;
/** The weights stay where they were committed, whether the sources or the build run. */
const COMMITTED = new URL(
  "../../../../pipelines/talking-face/weights/talking-face.safetensors",
  import.meta.url.replace(/\/dist\/src\//, "/src/"),
);

const CONFIG = { played: PLAYED, known: KNOWN, from: BABBLE_FROM, decibels: BABBLE_DB };

/** Noise that is new to the model: it was trained on clean sentences alone. */
const newNoise: Trial = {
  variant: "",
  summary: "a model that was never taught noise; the learner as it ships, and without its parts",
  config: { ...CONFIG, steps: STEPS, taught: TAUGHT, flipped: FLIPPED, shipped: SHIPPED },
  async run(context) {
    const { data, seed, threads, progress } = context;
    const rng = Rng.fromSeed(seed);
    const grid = await readGridAv(data, "train");
    const config = speechModel(grid.vocabulary);
    const order = draw(grid.sentences, TAUGHT, rng.fork("sentences"));
    const rows = gridRows(grid, order, config);
    const weights = await trainStreamModel({
      config,
      clips: order.map((_, at) => rows.slice(at * SENTENCE_ROWS, (at + 1) * SENTENCE_ROWS)),
      rows: SENTENCE_ROWS,
      rng: rng.fork("training"),
      steps: STEPS,
      threads,
      progress,
    });
    return play(context, weights, [], true);
  },
};

/** Noise that the model knows: the committed weights were trained in babble. */
const knownNoise: Trial = {
  variant: "committed",
  summary: "the committed weights of talking-face, which were trained in such noise",
  config: CONFIG,
  async run(context) {
    const weights = decodeWeights(await readFile(COMMITTED), "talking-face");
    return play(context, weights, ["text"], false);
  },
};

/** Clean speech and, from minute 2 on, babble: what is tried on GRID. */
export const newNoiseTrials: readonly Trial[] = [newNoise, knownNoise];

async function play(
  { data, split, seed, threads, progress }: TrialContext,
  weights: DecodedWeights,
  ignored: readonly string[],
  all: boolean,
): Promise<Readonly<Record<string, number>>> {
  const rng = Rng.fromSeed(seed);
  const grid = await readGridAv(data, split);
  const order = draw(grid.sentences, PLAYED + KNOWN, rng.fork("stream"));
  const { config } = weights;
  const babble = { sentence: BABBLE_FROM, snrDb: BABBLE_DB, rng: rng.fork("babble") };
  const encode = (rows: ReturnType<typeof gridRows>) => encodeRows(weights, rows, threads, ignored);
  const line = await encode(gridRows(grid, order.slice(0, PLAYED), config, babble));
  const known = await encode(gridRows(grid, order.slice(PLAYED), config));
  const from = BABBLE_FROM * SENTENCE_ROWS;
  const metrics: Record<string, number> = {};
  const put = (name: string, value: number): void => {
    metrics[name] = value;
    progress(`${name} ${value.toFixed(3)}`);
  };
  const frozen = answersOf(config, trainedPart(weights), line, ignored);
  for (const [name, right] of Object.entries(frozen)) {
    put(`accuracy/${name}@clean,frozen`, accuracyOf(right, 0, from));
    put(`accuracy/${name}@babble,frozen`, accuracyOf(right, from));
  }
  const { heads, exemplars } = PARTS;
  const parts = Object.entries(all ? { heads, exemplars } : {});
  comparePlays({ weights, known, ignored, seed, put }, [
    ...Object.entries(SHIPPED).map(([name, online]) => ({ name, rows: line, online, from })),
    { name: "no-weighing", rows: line, weighs: false, from },
    ...parts.map(([name, online = {}]) => ({ name, rows: line, online, weighs: false, from })),
    ...(all
      ? [
          { name: "wrong-labels", rows: line, flipped: FLIPPED, from },
          { name: "whole-events", rows: line, whole: true, from },
        ]
      : []),
  ]);
  return metrics;
}

function draw(of: number, count: number, rng: Rng): readonly number[] {
  if (of < count) throw new ModelError("learning", `expected ${count} sentences, got ${of}`);
  return rng.shuffle(Array.from({ length: of }, (_, i) => i)).slice(0, count);
}
