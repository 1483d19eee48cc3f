import { trainedPart } from "../../../models/unified/adapted.ts";
import { Rng } from "../../../tensor/Rng.ts";
import type { Trial, TrialContext } from "../../Study.ts";
import { type Condition, comparePlays } from "./comparePlays.ts";
import { PARTS, SHIPPED } from "./conditions.ts";
import { encodeRows } from "./encodeRows.ts";
import { accuracyOf, answersOf, type KnownRow } from "./StreamAnswers.ts";
import { type StreamRow, tamper } from "./StreamRow.ts";
import { bodyModel } from "./streamModels.ts";
import { trainStreamModel } from "./trainStreamModel.ts";
import { CLIP_ROWS, lineUp, readUtdClips } from "./utdClips.ts";

const STEPS = 500;
/** The take of each trained person and action that is kept out of training. */
const KEPT_OUT = 3;
/** Share of labels that are wrong where they are. */
const FLIPPED = 0.3;

const CONFIG = { steps: STEPS, keptOut: KEPT_OUT };

/** New people as a stream, and what may go wrong with it; then the learner's parts. */
export const newPeopleTrials: readonly Trial[] = [
  {
    variant: "",
    summary: "the learner as it ships, without its gate, and under what may go wrong",
    config: { ...CONFIG, flipped: FLIPPED, shipped: SHIPPED },
    run: (context) =>
      play(context, async ({ people, line, encode, rng }) => {
        const third = Math.floor(people.length / 3);
        const noise = rng.fork("garbage");
        const broken = tamper(people, "skeleton", { from: third, to: people.length }, (features) =>
          features.map(() => noise.normal()),
        );
        const gone = tamper(people, "skeleton", { from: third, to: 2 * third }, () => undefined);
        return [
          ...Object.entries(SHIPPED).map(([name, online]) => ({ name, rows: line, online })),
          { name: "no-weighing", rows: line, weighs: false },
          { name: "wrong-labels", rows: line, flipped: FLIPPED },
          { name: "whole-events", rows: line, whole: true },
          { name: "noise-sensor", rows: await encode(broken), from: third },
          { name: "sensor-away", rows: await encode(gone), back: 2 * third },
        ];
      }),
  },
  {
    variant: "parts",
    summary: "parts of the learner, each without the gate",
    config: { ...CONFIG, parts: PARTS },
    run: (context) =>
      play(context, async ({ line }) =>
        Object.entries(PARTS).map(([name, online]) => ({
          ...{ name, rows: line, online },
          weighs: false,
        })),
      ),
  },
];

/** What conditions are made of. */
interface Prepared {
  readonly people: readonly StreamRow[];
  /** The same, encoded. */
  readonly line: readonly KnownRow[];
  readonly encode: (rows: readonly StreamRow[]) => Promise<readonly KnownRow[]>;
  readonly rng: Rng;
}

async function play(
  { data, split, seed, threads, progress }: TrialContext,
  conditionsOf: (prepared: Prepared) => Promise<readonly Condition[]>,
): Promise<Readonly<Record<string, number>>> {
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
  const encode = (rows: readonly StreamRow[]) => encodeRows(weights, rows, threads);
  const people = lineUp(test, rng.fork("stream"));
  const kept = train.filter(({ take }) => take === KEPT_OUT);
  const known = await encode(lineUp(kept, rng.fork("known")));
  const line = await encode(people);

  const metrics: Record<string, number> = {};
  const put = (name: string, value: number): void => {
    metrics[name] = value;
    progress(`${name} ${value.toFixed(3)}`);
  };
  const frozen = answersOf(weights.config, trainedPart(weights), line);
  for (const [name, right] of Object.entries(frozen))
    put(`accuracy/${name}@frozen`, accuracyOf(right));
  const conditions = await conditionsOf({ people, line, encode, rng });
  comparePlays({ weights, known, seed, put }, conditions);
  return metrics;
}
