import { describe, expect, it } from "vitest";

import type { Reading } from "../../src/frames/Reading.ts";
import { Alignment } from "../../src/robustness/Alignment.ts";
import { Rng } from "../../src/tensor/Rng.ts";
import { micros } from "../../src/units.ts";

const unit = (values: readonly number[]): Float32Array => {
  const length = Math.hypot(...values);
  return Float32Array.from(values, (value) => value / length);
};

/** A row of two streams: their embeddings, their codes, and whether something happens. */
function row(
  index: number,
  {
    joint,
    audio,
    video,
    codes = [1, 1],
    event = true,
  }: {
    joint: Float32Array;
    audio: Float32Array;
    video?: Float32Array;
    codes?: readonly [number, number];
    event?: boolean;
  },
): Reading {
  const stream = (embedding: Float32Array, code: number) => ({ embedding, code });
  return {
    time: micros(index * 40_000),
    joint,
    logProbabilities: Float32Array.from(event ? [-2, -0.1] : [-0.1, -2]),
    streams: {
      audio: stream(audio, codes[0]),
      ...(video !== undefined && { video: stream(video, codes[1]) }),
    },
  } as unknown as Reading;
}

describe("Alignment", () => {
  const options = { rows: 100, silence: 0 };

  it("has the mean cosine of each stream to the joint, of the rows at which it was there", () => {
    const alignment = new Alignment(["audio", "video"], options);
    const [x, y, diagonal] = [unit([1, 0]), unit([0, 1]), unit([1, 1])];
    alignment.push(row(0, { joint: x, audio: x, video: y }));
    alignment.push(row(1, { joint: x, audio: diagonal }));
    const [audio, video] = alignment.streams;
    expect(audio?.cosine).toBeCloseTo((1 + Math.SQRT1_2) / 2, 4);
    expect(video).toEqual({ stream: "video", cosine: 0 });
  });

  it("counts shared codes where something happens and both are there", () => {
    const alignment = new Alignment(["audio", "video"], options);
    const x = unit([1, 0]);
    const both = { joint: x, audio: x, video: x };
    alignment.push(row(0, { ...both, codes: [7, 7] }));
    alignment.push(row(1, { ...both, codes: [7, 8] }));
    alignment.push(row(2, { ...both, codes: [3, 3], event: false }));
    alignment.push(row(3, { joint: x, audio: x }));
    expect(alignment.codes).toEqual([{ streams: ["audio", "video"], share: 0.5 }]);
  });

  /** 500 rows in two clusters; the video lies with the joint or somewhere else. */
  function clustered(videoApart: boolean): Reading[] {
    const rng = Rng.fromSeed(4);
    const near = (centre: readonly number[]): Float32Array =>
      unit(centre.map((value) => value + rng.normal(0, 0.1)));
    return Array.from({ length: 500 }, (_, index) => {
      const centre = index % 2 === 0 ? [1, 0, 0] : [0, 1, 0];
      const joint = near(centre);
      return row(index, {
        joint,
        audio: near(centre),
        video: near(videoApart ? [0, 0, 1] : centre),
      });
    });
  }

  it("analyses each stream's geometry in turn, from the last rows with something in them", () => {
    const alignment = new Alignment(["audio", "video"], options);
    const rows = clustered(false);
    for (const each of rows.slice(0, 249)) alignment.push(each);
    expect(alignment.streams[0]).not.toHaveProperty("dca");
    for (const each of rows.slice(249)) alignment.push(each);
    const [audio, video] = alignment.streams;
    expect(audio?.dca?.time).toBe(249 * 40_000);
    expect(video?.dca?.time).toBe(499 * 40_000);
    expect(video?.dca?.score).toBeGreaterThan(0.4);
  });

  it("finds that a stream lies elsewhere than the joint", () => {
    const alignment = new Alignment(["audio", "video"], options);
    for (const each of clustered(true)) alignment.push(each);
    expect(alignment.streams[1]?.dca?.score).toBe(0);
  });

  it("goes on where another was taken down", () => {
    const rows = clustered(false);
    const whole = new Alignment(["audio", "video"], options);
    for (const each of rows) whole.push(each);
    const first = new Alignment(["audio", "video"], options);
    for (const each of rows.slice(0, 313)) first.push(each);
    const second = new Alignment(["audio", "video"], options);
    second.restore(structuredClone(first.snapshot()));
    for (const each of rows.slice(313)) second.push(each);
    expect(second.streams).toEqual(whole.streams);
    expect(second.codes).toEqual(whole.codes);
  });
});
