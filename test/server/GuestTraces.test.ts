import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type { Cell } from "../../src/frames/Frameset.ts";
import type { StreamDescription } from "../../src/frames/StreamDescription.ts";
import { startPipeline } from "../../src/pipeline/startPipeline.ts";
import { GuestTraces, guestView } from "../../src/server/GuestTraces.ts";
import { pipelineFeed } from "../../src/server/pipelineFeed.ts";
import type { HelloMessage, Row } from "../../src/server/protocol.ts";
import { hertz, micros, millis } from "../../src/units.ts";
import { type TinyPipeline, tinyPipeline } from "../support/tinyPipeline.ts";

const period = millis(40);
const thermometer: StreamDescription = {
  ...{ site: "lab", stream: "thermometer", modality: "sensor", dtype: "f32", shape: [1] },
  ...{ rate: hertz(25), unit: "°C", lateness: millis(0), idleTimeout: millis(250) },
};
const eeg = {
  ...thermometer,
  stream: "eeg",
  dtype: "i16",
  shape: [4, 16],
  rate: hertz(250),
} as const;

function cellOf(values: Int16Array): Cell {
  return {
    ...{ presence: "real", payload: new Uint8Array(values.buffer), frames: values.length / 64 },
    ...{ originTime: micros(0), age: micros(0), arrivalTime: micros(0) },
  };
}

describe("the traces of guests", () => {
  it("are as many as fit, with as many points as there are frames; words and pictures have none", () => {
    expect(guestView(thermometer, period)).toEqual({
      kind: "lines",
      traces: 1,
      perRow: 1,
      names: ["0"],
    });
    expect(guestView(eeg, period)).toMatchObject({ kind: "lines", traces: 8, perRow: 8 });
    const names = Array.from({ length: 64 }, (_, electrode) => `e${electrode}`);
    expect(guestView({ ...eeg, channels: names }, period)).toMatchObject({
      names: ["e0", "e8", "e16", "e24", "e32", "e40", "e48", "e56"],
    });
    const irregular = { ...thermometer, rate: "irregular" } as const;
    expect(guestView(irregular, period)).toMatchObject({ kind: "lines", perRow: 1 });
    expect(guestView({ ...thermometer, modality: "video" }, period)).toEqual({ kind: "none" });
    expect(guestView({ ...thermometer, modality: "text", dtype: "utf8" }, period)).toEqual({
      kind: "captions",
    });
  });

  it("keep a range for each guest, and begin anew when it comes back as another", () => {
    const traces = new GuestTraces(period);
    const wide = cellOf(Int16Array.from({ length: 640 }, (_, at) => at));
    const same = cellOf(new Int16Array(640).fill(600));
    traces.push(eeg, wide, micros(0));
    expect(traces.push(eeg, same, period)?.[0]).toBeGreaterThan(200);
    expect(traces.push({ ...eeg }, same, period)?.[0]).toBe(128);
    expect(traces.push(eeg, { presence: "missing", reason: "gap" }, period)).toBeUndefined();
  });
});

describe("a numeric guest of a real run", { timeout: 120_000 }, () => {
  let tiny: TinyPipeline;
  beforeAll(async () => {
    tiny = await tinyPipeline(3);
  });
  afterAll(() => tiny[Symbol.asyncDispose]());

  it("is drawn in every row in which it was there", async () => {
    await using run = await startPipeline(tiny.definition, tiny.options);
    const rows: Row[] = [];
    const hellos: HelloMessage[] = [];
    const attached: Promise<void>[] = [];
    const sensor = { kind: "synthetic", options: { signal: "sine", offset: 21 } };
    pipelineFeed(run).messages.subscribe((message) => {
      if (message.kind === "hello") hellos.push(message);
      if (message.kind !== "rows") return;
      rows.push(...message.rows);
      if (rows.length === 20) attached.push(run.hotPlug.attach({ stream: thermometer, sensor }));
    });
    await run.go();
    await Promise.all(attached);
    const info = hellos.at(-1)?.streams.find(({ stream }) => stream === "thermometer");
    expect(info?.view).toEqual({ kind: "lines", traces: 1, perRow: 1, names: ["0"] });
    const cells = rows.flatMap(({ streams }) => streams["thermometer"] ?? []);
    const there = cells.filter(({ presence }) => presence !== "missing");
    expect(there.length).toBeGreaterThan(10);
    for (const { view } of there) expect(view).toHaveLength(1);
    expect(new Set(there.map(({ view }) => view?.[0])).size).toBeGreaterThan(5);
  });
});
