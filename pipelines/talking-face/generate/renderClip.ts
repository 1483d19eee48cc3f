import { resample } from "../../../sensors/speech/resample.ts";
import { Rng } from "../../../src/sensing.ts";
import { ROW_MS, SAMPLE_RATE, type SpeechClip, type SpokenWord } from "../corpus/SpeechClip.ts";
import type { TimedPhone } from "./articulate.ts";
import type { Face } from "./Face.ts";
import { filmMouth } from "./filmMouth.ts";
import { speak } from "./flite.ts";
import type { HeadPoseOptions } from "./headPose.ts";
import { textOf, timesOf } from "./pronunciations.ts";
import { roomNoise } from "./roomNoise.ts";

/** How one clip is spoken, filmed and recorded. */
export interface ClipPlan {
  readonly name: string;
  readonly speaker: string;
  /** Sentences in order, each of words of the grammar. */
  readonly sentences: readonly (readonly string[])[];
  /** Quiet before each sentence, in ms, and one more after the last. */
  readonly gapsMs: readonly number[];
  /** Flite's voice. */
  readonly voice: string;
  /** Factor on all durations. */
  readonly stretch: number;
  /** Mean pitch in Hz; absent: the voice's own. */
  readonly pitchHz?: number;
  /** How much shorter the throat is than the voice's own: raises the formants. */
  readonly throat: number;
  /** Level of the speech and of the room, root mean square in dB below full scale. */
  readonly speechDb: number;
  readonly roomDb: number;
  readonly face: Face;
  readonly pose: HeadPoseOptions;
  /** Of the noises and the sways of the head. */
  readonly seed: number;
}

interface Utterance {
  /** From the first phone to the last, without the synthesiser's own pauses. */
  readonly sound: Float32Array;
  readonly phones: readonly TimedPhone[];
  readonly words: readonly SpokenWord[];
  readonly durationMs: number;
}

/** Sound kept before the first and after the last phone, in ms: a voice does not start on a sample. */
const MARGIN_MS = 60;

/**
 * Speaks and films the sentences of a plan.
 *
 * A function of the plan (and flite's version) alone: clips can be rendered in any order, on any
 * number of processes.
 */
export async function renderClip(plan: ClipPlan): Promise<SpeechClip> {
  const utterances = await Promise.all(plan.sentences.map((words) => utter(words, plan)));
  const rng = Rng.fromSeed(plan.seed);
  const starts: number[] = [];
  let endMs = 0;
  for (const [index, { durationMs }] of utterances.entries()) {
    starts.push(endMs + (plan.gapsMs[index] ?? 0));
    endMs = (starts.at(-1) ?? 0) + durationMs;
  }
  const rows = Math.ceil((endMs + (plan.gapsMs[utterances.length] ?? 0)) / ROW_MS);
  const durationMs = rows * ROW_MS;

  const sound = roomNoise((durationMs * SAMPLE_RATE) / 1_000, rng.fork("room"), {
    levelDb: plan.roomDb,
  });
  const phones: TimedPhone[] = [];
  const words: SpokenWord[] = [];
  for (const [index, utterance] of utterances.entries()) {
    const startMs = starts[index] ?? 0;
    const firstSample = Math.round((startMs * SAMPLE_RATE) / 1_000);
    for (const [at, value] of utterance.sound.entries())
      sound[firstSample + at] = (sound[firstSample + at] ?? 0) + value;
    phones.push(...utterance.phones.map((phone) => moved(phone, startMs)));
    for (const word of utterance.words) {
      const { fromMs, toMs } = moved(word, startMs);
      words.push({ ...word, fromMs: Math.round(fromMs), toMs: Math.round(toMs) });
    }
  }

  return {
    name: plan.name,
    speaker: plan.speaker,
    pcm: Int16Array.from(sound, (value) => Math.min(Math.max(Math.round(value), -32_768), 32_767)),
    mouth: filmMouth(plan.face, withPauses(phones, durationMs), rows, rng, plan.pose),
    words,
    durationMs,
  };
}

async function utter(words: readonly string[], plan: ClipPlan): Promise<Utterance> {
  const { throat } = plan;
  const speech = await speak(textOf(words), {
    voice: plan.voice,
    // A shorter throat is made by playing faster: what it does to pace and pitch is undone before.
    stretch: plan.stretch * throat,
    ...(plan.pitchHz === undefined ? {} : { pitchHz: plan.pitchHz / throat }),
  });
  const played = speech.phones.map(({ phone, fromMs, toMs }) => ({
    phone,
    fromMs: fromMs / throat,
    toMs: toMs / throat,
  }));
  const spoken = played.filter(({ phone }) => phone !== "pau");
  const fromMs = Math.max((spoken[0]?.fromMs ?? 0) - MARGIN_MS, 0);
  const toMs = (spoken.at(-1)?.toMs ?? 0) + MARGIN_MS;
  const phones = spoken.map((phone) => moved(phone, -fromMs));

  const sound = resample(speech.pcm, throat).slice(sampleAt(fromMs), sampleAt(toMs));
  const rms = Math.sqrt(sound.reduce((sum, value) => sum + value * value, 0) / sound.length);
  const peak = sound.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  const gain = Math.min((32_768 * 10 ** (plan.speechDb / 20)) / Math.max(rms, 1), 31_000 / peak);
  return {
    sound: sound.map((value, index) => value * gain * fade(index, sound.length)),
    phones,
    words: timesOf(words, phones),
    durationMs: toMs - fromMs,
  };
}

/** Fills the time in which nobody speaks with pauses. */
function withPauses(phones: readonly TimedPhone[], durationMs: number): TimedPhone[] {
  const filled: TimedPhone[] = [];
  let endMs = -ROW_MS;
  for (const phone of [
    ...phones,
    { phone: "pau", fromMs: durationMs, toMs: durationMs + ROW_MS },
  ]) {
    if (phone.fromMs - endMs > 1) filled.push({ phone: "pau", fromMs: endMs, toMs: phone.fromMs });
    filled.push(phone);
    endMs = phone.toMs;
  }
  return filled;
}

function moved<T extends { readonly fromMs: number; readonly toMs: number }>(
  item: T,
  byMs: number,
): T {
  return { ...item, fromMs: item.fromMs + byMs, toMs: item.toMs + byMs };
}

function sampleAt(ms: number): number {
  return Math.round((ms * SAMPLE_RATE) / 1_000);
}

/** 0 at the ends of a sound, 1 from 8 ms on: no click where it is laid over the room's noise. */
function fade(index: number, length: number): number {
  return Math.min(1, (index + 1) / 128, (length - index) / 128);
}
