import { describe, expect, it } from "vitest";

import type { Cell } from "../../src/frames/Frameset.ts";
import type { Reading, StreamReading } from "../../src/frames/Reading.ts";
import { StreamWatch, type WatchedRow } from "../../src/robustness/StreamWatch.ts";
import { Rng } from "../../src/tensor/Rng.ts";
import { micros } from "../../src/units.ts";

const PERIOD = 40_000;
const PIXELS = 32;

/** What a stream does at a row, and what the model makes of it: a class, and how far from the codes. */
interface Act {
  readonly frame: Uint8Array;
  readonly says: number;
  readonly distance?: number;
  readonly missing?: true;
  /** The model cannot compute with what it senses. */
  readonly unusable?: true;
}

function answer({ says, distance = 1 }: Act): StreamReading {
  return {
    code: 0,
    distance,
    margin: 0,
    embedding: new Float32Array(2),
    logProbabilities: Float32Array.from([0, 1, 2, 3], (c) => Math.log(c === says ? 0.91 : 0.03)),
    weight: 0.5,
  };
}

function rowOf(index: number, acts: Readonly<Record<string, Act>>): WatchedRow {
  const time = micros(index * PERIOD);
  const there = Object.entries(acts).filter(([, { missing }]) => missing === undefined);
  const cells = Object.fromEntries(
    Object.entries(acts).map(([stream, { frame, missing }]): [string, Cell] => [
      stream,
      missing
        ? { presence: "missing", reason: "gap" }
        : {
            presence: "real",
            payload: frame,
            frames: 1,
            originTime: time,
            age: micros(0),
            arrivalTime: time,
          },
    ]),
  );
  const unusable = there.filter(([, act]) => act.unusable).map(([stream]) => stream);
  const answered = there.filter(([stream]) => !unusable.includes(stream));
  const reading = {
    streams: Object.fromEntries(answered.map(([stream, act]) => [stream, answer(act)])),
    ...(unusable.length > 0 && { unusable }),
  } as unknown as Reading;
  const inputs = Object.fromEntries(
    there.map(([stream, act]) => [
      stream,
      Float32Array.from(act.frame, (value) => (act.unusable ? Number.POSITIVE_INFINITY : value)),
    ]),
  );
  return { time, cells, inputs, reading };
}

/** Frames that change smoothly, like anything that is sensed 25 times a second. */
function smooth(seed: number): (index: number) => Uint8Array {
  const rng = Rng.fromSeed(seed);
  const phases = Array.from({ length: PIXELS }, () => rng.uniform(0, 6.28));
  const noise = (): number => rng.normal(0, 2);
  return (index) =>
    Uint8Array.from(phases, (phase) => 128 + 60 * Math.sin(index / 8 + phase) + noise());
}

function noise(seed: number): () => Uint8Array {
  const rng = Rng.fromSeed(seed);
  return () => Uint8Array.from({ length: PIXELS }, () => rng.uniform(0, 256));
}

/** The word of a row: silence in between. */
const word = (index: number): number => (index % 20 < 12 ? 1 + (Math.floor(index / 20) % 3) : 0);

/** Runs acts for some rows; says for each stream why and at which rows it was doubted. */
function run(
  rows: number,
  act: (index: number) => Readonly<Record<string, Act>>,
): Record<string, { reason: string; from: number; to: number }[]> {
  const names = Object.keys(act(0));
  const watch = new StreamWatch(Object.fromEntries(names.map((name) => [name, "u8"])), 0);
  const doubts: Record<string, { reason: string; from: number; to: number }[]> = {};
  for (let index = 0; index < rows; index++)
    for (const { stream, reason, since } of watch.push(rowOf(index, act(index)))) {
      const own = doubts[stream] ?? [];
      doubts[stream] = own;
      const last = own.at(-1);
      if (last !== undefined && last.reason === reason && last.to === index) last.to = index + 1;
      else own.push({ reason, from: since / PERIOD, to: index + 1 });
    }
  return doubts;
}

describe("StreamWatch", () => {
  it("doubts nobody while all is well, through silences and gaps", () => {
    const [audio, video] = [smooth(1), smooth(2)];
    const doubts = run(2_000, (index) => ({
      audio: { frame: audio(index), says: word(index) },
      video:
        index % 400 < 50
          ? { frame: video(index), says: 0, missing: true }
          : { frame: video(index), says: word(index) },
    }));
    expect(doubts).toEqual({});
  });

  it("calls a line flat after two seconds of one value, and believes it again at the first other", () => {
    const [audio, video] = [smooth(1), smooth(2)];
    const doubts = run(600, (index) => ({
      audio: {
        frame: index >= 300 && index < 500 ? new Uint8Array(PIXELS) : audio(index),
        says: 0,
      },
      video: { frame: video(index), says: word(index) },
    }));
    expect(doubts).toEqual({ audio: [{ reason: "flat", from: 350, to: 500 }] });
  });

  it("calls a picture frozen after two seconds, if its pictures have always changed", () => {
    const [audio, video] = [smooth(1), smooth(2)];
    const still = video(0);
    const doubts = run(600, (index) => ({
      audio: { frame: audio(index), says: word(index) },
      video: { frame: index >= 300 && index < 500 ? still : video(index), says: 0 },
    }));
    expect(doubts).toEqual({ video: [{ reason: "frozen", from: 351, to: 500 }] });
  });

  it("calls nothing frozen of which too little has been seen to know that it changes", () => {
    const [audio, video] = [smooth(1), smooth(2)];
    const still = video(0);
    const doubts = run(300, (index) => ({
      audio: { frame: audio(index), says: word(index) },
      video: { frame: index >= 100 ? still : video(index), says: word(index) },
    }));
    expect(doubts).toEqual({});
  });

  it("doubts at once what cannot be computed with, and its senses for noise survive it", () => {
    const [audio, video, snow] = [smooth(1), smooth(2), noise(3)];
    const doubts = run(1_500, (index) => ({
      audio: { frame: audio(index), says: word(index) },
      video: {
        frame: index < 1_000 ? video(index) : snow(),
        says: index < 1_000 ? word(index) : 0,
        ...(index >= 300 && index < 310 && { unusable: true as const }),
      },
    }));
    expect(doubts["audio"]).toBeUndefined();
    expect(doubts["video"]?.map(({ reason }) => reason)).toEqual(["unusable", "noise"]);
    expect(doubts["video"]?.[0]).toEqual({ reason: "unusable", from: 300, to: 310 });
  });

  it("lets a slow stream repeat itself", () => {
    const [audio, slow] = [smooth(1), smooth(2)];
    const doubts = run(2_000, (index) => ({
      audio: { frame: audio(index), says: word(index) },
      thermometer: { frame: slow(Math.floor(index / 100)), says: 0 },
    }));
    expect(doubts).toEqual({});
  });

  it("calls noise what is as strong as the signal was and goes on from nothing to nothing", () => {
    const [audio, video, snow] = [smooth(1), smooth(2), noise(3)];
    const doubts = run(1_500, (index) => ({
      audio: { frame: audio(index), says: word(index) },
      video: { frame: index >= 800 && index < 1_200 ? snow() : video(index), says: word(index) },
    }));
    expect(Object.keys(doubts)).toEqual(["video"]);
    const [doubt] = doubts["video"] ?? [];
    expect(doubt?.reason).toBe("noise");
    expect(doubt?.from).toBeGreaterThan(875);
    expect(doubt?.from).toBeLessThan(1_000);
    expect(doubt?.to).toBeGreaterThan(1_200);
    expect(doubt?.to).toBeLessThan(1_350);
  });

  it("outvotes a stream that contradicts two that agree", () => {
    const [a, b, c] = [smooth(1), smooth(2), smooth(3)];
    const doubts = run(1_200, (index) => ({
      a: { frame: a(index), says: word(index) },
      b: { frame: b(index), says: word(index) },
      c: {
        frame: c(index),
        says: index >= 400 && index < 800 ? 1 + (word(index) % 3) : word(index),
      },
    }));
    expect(Object.keys(doubts)).toEqual(["c"]);
    expect(doubts["c"]?.[0]).toMatchObject({ reason: "contradicts" });
    expect(doubts["c"]?.[0]?.from).toBeLessThan(600);
    expect(doubts["c"]?.at(-1)?.to).toBeLessThan(1_000);
  });

  it("of two that contradict each other doubts the one that is unlike itself, or neither", () => {
    const act = (strange: boolean) => {
      const [audio, video] = [smooth(1), smooth(2)];
      return (index: number) => {
        const wrong = index >= 800;
        return {
          audio: { frame: audio(index), says: word(index) },
          video: {
            frame: video(index),
            says: wrong ? 1 + (word(index) % 3) : word(index),
            distance: wrong && strange ? 1.6 : 1,
          },
        };
      };
    };
    const doubts = run(1_400, act(true));
    expect(Object.keys(doubts)).toEqual(["video"]);
    expect(doubts["video"]?.[0]?.reason).toBe("contradicts");
    expect(run(1_400, act(false))).toEqual({});
  });

  it("does not doubt the good one of two because it varies a little while the other is in babble", () => {
    const [audio, video] = [smooth(1), smooth(2)];
    const rng = Rng.fromSeed(3);
    // How far the picture lies from the codes wanders by a third, within seconds, as real ones do.
    let wander = 0;
    const doubts = run(6_000, (index) => {
      wander += -wander / 30 + rng.normal(0, 0.06);
      return {
        audio: { frame: audio(index), says: rng.uniform() < 0.2 ? word(index) : rng.int(1, 4) },
        video: { frame: video(index), says: word(index), distance: Math.max(0.2, 1 + wander) },
      };
    });
    expect(doubts).toEqual({});
  });

  it("knows what is usual of a stream that was broken at first by its healthy rows alone", () => {
    const [audio, video] = [smooth(1), smooth(2)];
    const doubts = run(2_200, (index) => ({
      audio: { frame: audio(index), says: word(index) },
      video:
        index < 700
          ? { frame: new Uint8Array(PIXELS), says: 0, distance: 0.5 }
          : { frame: video(index), says: index < 1_600 ? word(index) : 1 + (word(index) % 3) },
    }));
    expect(doubts["audio"]).toBeUndefined();
    expect(doubts["video"]?.map(({ reason }) => reason)).toEqual(["flat"]);
  });

  it("goes on where another was taken down", () => {
    const [audio, video, snow] = [smooth(1), smooth(2), noise(3)];
    const rows = Array.from({ length: 1_100 }, (_, index) =>
      rowOf(index, {
        audio: { frame: audio(index), says: word(index) },
        video: { frame: index >= 800 ? snow() : video(index), says: word(index) },
      }),
    );
    const make = (): StreamWatch => new StreamWatch({ audio: "u8", video: "u8" }, 0);
    const whole = make();
    const expected = rows.map((row) => whole.push(row));
    const first = make();
    for (const row of rows.slice(0, 850)) first.push(row);
    const second = make();
    second.restore(structuredClone(first.snapshot()));
    expect(rows.slice(850).map((row) => second.push(row))).toEqual(expected.slice(850));
    expect(expected.at(-1)).toHaveLength(1);
  });
});
