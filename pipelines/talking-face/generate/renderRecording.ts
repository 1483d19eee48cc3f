import { Rng } from "../../../src/sensing.ts";
import { SAMPLE_RATE, type SpeechClip } from "../corpus/SpeechClip.ts";
import { drawFace, FACES } from "./Face.ts";
import { type RecordingPlan, sentencesOf } from "./recordingPlans.ts";
import { renderClip } from "./renderClip.ts";
import { roomNoise } from "./roomNoise.ts";

/** The room, root mean square in dB below full scale: 34 dB below the speech. */
const ROOM_DB = -52;
const SPEECH_DB = -18;

/** Quiet before a sentence, in ms. */
const SHORTEST_GAP_MS = 200;
const LONGEST_GAP_MS = 1_000;

/** A little slower than the voices' own pace: commands to a machine. */
const STRETCH = 1.15;

/** Renders a plan as one long clip: the turns one after the other, in one room. */
export async function renderRecording(plan: RecordingPlan): Promise<SpeechClip> {
  const rng = Rng.fromSeed(plan.seed);
  const sentences = sentencesOf(plan);
  const turns: SpeechClip[] = [];
  for (const [index, { voice, sentences: count }] of plan.turns.entries()) {
    const own = rng.fork(`turn ${index}`);
    const gaps = Array.from({ length: count }, () =>
      Math.round(own.uniform(SHORTEST_GAP_MS, LONGEST_GAP_MS)),
    );
    const last = index === plan.turns.length - 1;
    turns.push(
      await renderClip({
        name: voice,
        speaker: voice,
        sentences: sentences.splice(0, count),
        gapsMs: [...gaps, last ? LONGEST_GAP_MS : 0],
        voice,
        stretch: STRETCH,
        throat: 1,
        speechDb: SPEECH_DB,
        // One room for all: laid under the whole recording below.
        roomDb: Number.NEGATIVE_INFINITY,
        face: FACES[voice] ?? drawFace(own),
        pose: { offset: 0.3 },
        seed: own.int(0, 2 ** 31),
      }),
    );
  }
  return inOneRoom(plan, turns, rng);
}

function inOneRoom(plan: RecordingPlan, turns: readonly SpeechClip[], rng: Rng): SpeechClip {
  const durationMs = turns.reduce((sum, turn) => sum + turn.durationMs, 0);
  const room = roomNoise((durationMs * SAMPLE_RATE) / 1_000, rng.fork("room"), {
    levelDb: ROOM_DB,
  });
  const pcm = new Int16Array(room.length);
  const mouth = new Uint8Array(turns.reduce((sum, turn) => sum + turn.mouth.length, 0));
  const words: SpeechClip["words"][number][] = [];
  let [startMs, sample, pixel] = [0, 0, 0];
  for (const turn of turns) {
    for (const [at, value] of turn.pcm.entries())
      pcm[sample + at] = Math.max(
        -32_768,
        Math.min(32_767, Math.round(value + (room[sample + at] ?? 0))),
      );
    mouth.set(turn.mouth, pixel);
    for (const word of turn.words)
      words.push({ ...word, fromMs: word.fromMs + startMs, toMs: word.toMs + startMs });
    startMs += turn.durationMs;
    sample += turn.pcm.length;
    pixel += turn.mouth.length;
  }
  const speaker = [...new Set(turns.map((turn) => turn.speaker))].join(" ");
  return { name: plan.name, speaker, pcm, mouth, words, durationMs };
}
