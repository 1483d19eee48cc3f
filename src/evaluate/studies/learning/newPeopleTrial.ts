import { Rng } from "../../../tensor/Rng.ts";
import type { Trial } from "../../Study.ts";
import { comparePlays } from "./comparePlays.ts";
import { VARIANTS } from "./conditions.ts";
import { encodeRows } from "./encodeRows.ts";
import { tamper } from "./StreamRow.ts";
import { bodyModel } from "./streamModels.ts";
import { accuracyOf, answersOf } from "./StreamAnswers.ts";
import { trainedPart } from "../../../models/unified/adapted.ts";
import { trainStreamModel } from "./trainStreamModel.ts";
import { CLIP_ROWS, lineUp, readUtdClips } from "./utdClips.ts";

const STEPS = 500;
/** The take of each trained person and action that is kept out of training. */
const KEPT_OUT = 3;
/** Share of labels that are wrong where they are. */
const FLIPPED = 0.3;

/** New people as a stream, and all that may go wrong with it. */
export const newPeopleTrial: Trial = {
  variant: "",
  summary: "the learner as it ships, without its parts one by one, and under what may go wrong",
  config: { steps: STEPS, keptOut: KEPT_OUT, flipped: FLIPPED, variants: VARIANTS },
  async run({ data, split, seed, threads, progress }) {
    const rng = Rng.fromSeed(seed);
    const [train, test] = [await readUtdClips(data, "train"), await readUtdClips(data, split)];
    const weights = await trainStreamModel({
      config: bodyModel(data.labelNames),
      clips: train.filter(({ take }) => take !== KEPT_OUT).map(({ rows }) => rows),
      rows: 2 * CLIP_ROWS,
      rng: rng.fork("training"),
      steps: STEPS,
      threads,
      progress,
    });
    const people = lineUp(test, rng.fork("stream"));
    const third = Math.floor(people.length / 3);
    const noise = rng.fork("garbage");
    const broken = tamper(people, "skeleton", { from: third, to: people.length }, (features) =>
      features.map(() => noise.normal()),
    );
    const gone = tamper(people, "skeleton", { from: third, to: 2 * third }, () => undefined);
    const kept = train.filter(({ take }) => take === KEPT_OUT);
    const encode = (rows: typeof people) => encodeRows(weights, rows, threads);
    const known = await encode(lineUp(kept, rng.fork("known")));
    const [line, garbage, away] = [await encode(people), await encode(broken), await encode(gone)];

    const metrics: Record<string, number> = {};
    const put = (name: string, value: number): void => {
      metrics[name] = value;
      progress(`${name} ${value.toFixed(3)}`);
    };
    const frozen = answersOf(weights.config, trainedPart(weights), line);
    for (const [name, right] of Object.entries(frozen)) put(`accuracy/${name}@frozen`, accuracyOf(right));
    comparePlays({ weights, known, seed, put }, [
      ...Object.entries(VARIANTS).map(([name, online]) => ({ name, rows: line, online })),
      { name: "wrong-labels", rows: line, flipped: FLIPPED },
      { name: "noise-sensor", rows: garbage, from: third },
      { name: "sensor-away", rows: away, back: 2 * third },
    ]);
    return metrics;
  },
};
