import { withAdapted } from "../../../models/unified/adapted.ts";
import { Rng } from "../../../tensor/Rng.ts";
import type { Trial } from "../../Study.ts";
import { frozenOn, learnOn, VARIANTS } from "./conditions.ts";
import { encodeRows } from "./encodeRows.ts";
import { accuracyOf, type KnownRow, type Played } from "./playStream.ts";
import { streamModelConfig, trainStreamModel } from "./trainStreamModel.ts";
import { lineUp, readUtdClips, tamper } from "./utdClips.ts";

const STEPS = 500;
/** The take of each trained person and action that is kept out of training. */
const KEPT_OUT = 3;
/** Share of labels that are wrong where they are. */
const FLIPPED = 0.3;

/** New people as a stream, and all that may go wrong with it. */
export const utdTrial: Trial = {
  variant: "",
  summary: "the learner as it ships, without its parts one by one, and under what may go wrong",
  config: { steps: STEPS, keptOut: KEPT_OUT, flipped: FLIPPED, variants: VARIANTS },
  async run({ data, split, seed, threads, progress }) {
    const rng = Rng.fromSeed(seed);
    const [train, test] = [await readUtdClips(data, "train"), await readUtdClips(data, split)];
    const weights = await trainStreamModel({
      config: streamModelConfig(data.labelNames),
      clips: train.filter(({ take }) => take !== KEPT_OUT),
      rng: rng.fork("training"),
      steps: STEPS,
      threads,
      progress,
    });
    const line = lineUp(test, rng.fork("stream"));
    const third = Math.floor(line.length / 3);
    const noise = rng.fork("garbage");
    const garbage = tamper(line, "skeleton", { from: third, to: line.length }, (features) =>
      features.map(() => noise.normal()),
    );
    const away = tamper(line, "skeleton", { from: third, to: 2 * third }, () => undefined);
    const encode = (rows: typeof line) => encodeRows(weights, rows, threads);
    const known = await encode(
      lineUp(
        train.filter(({ take }) => take === KEPT_OUT),
        rng.fork("known"),
      ),
    );
    const streams = {
      line: await encode(line),
      garbage: await encode(garbage),
      away: await encode(away),
    };
    const knownUnder = (played: Played): number =>
      accuracyOf(
        frozenOn({ ...weights, ...withAdapted(weights, played.part) }, known, []).right["fused"],
      );

    const metrics: Record<string, number> = {};
    const put = (name: string, value: number): void => {
      metrics[name] = value;
      progress(`${name} ${value.toFixed(3)}`);
    };
    const frozen = frozenOn(weights, streams.line, []);
    const frozenKnown = knownUnder(frozen);
    for (const [name, right] of Object.entries(frozen.right))
      put(`accuracy/${name}@frozen`, accuracyOf(right));
    put("accuracy/known@frozen", frozenKnown);
    const compare = (
      name: string,
      rows: readonly KnownRow[],
      options: Parameters<typeof learnOn>[3],
      flipped: number,
      before: Played,
      from = 0,
    ): void => {
      const played = learnOn(weights, rows, [], options, { flipped, seed });
      const gain = (subset: string): number =>
        accuracyOf(played.right[subset], from) - accuracyOf(before.right[subset], from);
      put(`gain/fused@${name}`, gain("fused"));
      put(
        `gain/fused-second-half@${name}`,
        accuracyOf(played.right["fused"], rows.length / 2) -
          accuracyOf(before.right["fused"], rows.length / 2),
      );
      put(`gain/known@${name}`, knownUnder(played) - frozenKnown);
      put(`versions/published@${name}`, played.status.published);
      put(`versions/discarded@${name}`, played.status.discarded);
      put(`versions/rolled-back@${name}`, played.status.rolledBack);
    };
    for (const [name, options] of Object.entries(VARIANTS))
      compare(name, streams.line, options, 0, frozen);
    const ungated = { gate: undefined as never };
    compare("wrong-labels", streams.line, {}, FLIPPED, frozen);
    compare("wrong-labels-no-gate", streams.line, ungated, FLIPPED, frozen);
    const frozenGarbage = frozenOn(weights, streams.garbage, []);
    compare("noise-sensor", streams.garbage, {}, 0, frozenGarbage, third);
    compare("noise-sensor-no-gate", streams.garbage, ungated, 0, frozenGarbage, third);
    const frozenAway = frozenOn(weights, streams.away, []);
    compare("sensor-away", streams.away, {}, 0, frozenAway, 2 * third);
    return metrics;
  },
};
