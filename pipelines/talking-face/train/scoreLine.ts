import {
  argMax,
  EventLocalizer,
  type EventLocalizerOptions,
  eventF1,
  type Inference,
  type Label,
  type Micros,
  micros,
  type Reading,
  rowInputs,
  type SlotScore,
  slotAccuracy,
} from "../../../src/training.ts";
import { SILENCE, SLOTS } from "../corpus/grammar.ts";
import { ROW_MS, type SpokenWord } from "../corpus/SpeechClip.ts";
import type { PreparedLine } from "./prepareLine.ts";

/** How well the model does with some of the sensors. */
export interface ConditionScore {
  readonly slots: Readonly<Record<string, SlotScore>>;
  /** F1 of localised words at IoU 0.5. */
  readonly eventF1: number;
  /** Share of rows whose likeliest class is the true one. */
  readonly frameAccuracy: number;
}

/** Scores by which sensors were there. */
export interface LineScore {
  readonly all: ConditionScore;
  readonly audio: ConditionScore;
  readonly video: ConditionScore;
}

/** The streams that each condition has; the transcript, which is the answer, is in none. */
export const CONDITIONS: Readonly<Record<keyof LineScore, readonly string[]>> = {
  all: ["audio", "video"],
  audio: ["audio"],
  video: ["video"],
};

/** Settings of the decoder, for those who look for better ones. */
export type DecoderSettings = Pick<
  EventLocalizerOptions,
  "priorExponent" | "switchCost" | "lagRows" | "leastRows"
>;

/**
 * Reads a whole line row by row, as the stage does, without ever resetting the state.
 *
 * The subsets that every reading carries are the very answers that the live path gives when only those
 * sensors run, so one pass scores all conditions.
 *
 * @returns Per condition, one reading per row.
 */
export async function readLine(
  inference: Inference,
  line: PreparedLine,
): Promise<Record<keyof LineScore, Reading[]>> {
  const readings: Record<keyof LineScore, Reading[]> = { all: [], audio: [], video: [] };
  let state = inference.initialState();
  for (let row = 0; row < line.rows; row++) {
    const result = await inference.step(rowInputs(line, row, CONDITIONS.all), state);
    state = result.state;
    const { outputs } = result;
    const time = micros(row * ROW_MS * 1_000);
    for (const [condition, streams] of Object.entries(CONDITIONS)) {
      const there = Object.keys(outputs.streams).filter((name) => streams.includes(name));
      const answer = outputs.subsets.find(({ streams: of }) => of.join() === there.join());
      readings[condition as keyof LineScore].push({
        id: `line:${row}`,
        site: "line",
        time,
        labelTime: micros(time - inference.config.lookAheadRows * inference.config.rowMicros),
        model: "",
        presence: {},
        streams: Object.fromEntries(
          Object.entries(outputs.streams).filter(([name]) => streams.includes(name)),
        ),
        logProbabilities: answer?.logProbabilities ?? logPrior(inference.config.prior),
        subsets: [],
      });
    }
  }
  return readings;
}

/** Slot accuracies, event F1 and frame accuracy of one condition's readings. */
export function scoreReadings(
  readings: readonly Reading[],
  words: readonly SpokenWord[],
  config: Inference["config"],
  labels: Int32Array,
  decoder: DecoderSettings = {},
): ConditionScore {
  const { classes, prior } = config;
  const truth: Label[] = words.map(({ label, slot, fromMs, toMs }) => ({
    label,
    slot,
    by: "truth",
    from: millisOf(fromMs),
    to: millisOf(toMs),
  }));
  const localizer = new EventLocalizer({
    classes,
    prior,
    silence: SILENCE,
    period: micros(config.rowMicros),
    ...decoder,
  });
  const spans = [...readings.flatMap((reading) => localizer.push(reading)), ...localizer.flush()];
  const right = readings.filter(
    ({ logProbabilities }, row) => argMax(logProbabilities) === labels[row],
  ).length;
  return {
    slots: slotAccuracy(readings, truth, { classes, slots: SLOTS }),
    eventF1: eventF1(
      spans.filter(({ state }) => state === "final"),
      truth,
    ).f1,
    frameAccuracy: right / readings.length,
  };
}

/** All conditions of one line. */
export async function scoreLine(
  inference: Inference,
  line: PreparedLine,
  words: readonly SpokenWord[],
  decoder: DecoderSettings = {},
): Promise<LineScore> {
  const readings = await readLine(inference, line);
  const score = (condition: keyof LineScore): ConditionScore =>
    scoreReadings(readings[condition], words, inference.config, line.labels, decoder);
  return { all: score("all"), audio: score("audio"), video: score("video") };
}

function logPrior(prior: readonly number[]): Float32Array {
  return Float32Array.from(prior, (share) => Math.log(Math.max(share, 1e-6)));
}

function millisOf(ms: number): Micros {
  return micros(ms * 1_000);
}
