import { join } from "node:path";
import { filter, firstValueFrom } from "rxjs";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";

import { ConfigError } from "../../src/errors.ts";
import type { Frameset } from "../../src/frames/Frameset.ts";
import type { Reading } from "../../src/frames/Reading.ts";
import type { StreamDescription } from "../../src/frames/StreamDescription.ts";
import type { LogRecord } from "../../src/log/LogRecord.ts";
import { readLog } from "../../src/log/readLog.ts";
import { HotPlug, type HotPlugParts } from "../../src/pipeline/HotPlug.ts";
import type { PipelineRun } from "../../src/pipeline/PipelineRun.ts";
import type { RunOptions } from "../../src/pipeline/RunOptions.ts";
import { replayLog } from "../../src/pipeline/replayLog.ts";
import { startPipeline } from "../../src/pipeline/startPipeline.ts";
import { hertz, millis } from "../../src/units.ts";
import { makeCurveKeys } from "../../src/wire/CurveKeys.ts";
import { type TinyPipeline, tinyPipeline } from "../support/tinyPipeline.ts";

const guest: StreamDescription = {
  site: "lab",
  stream: "thermometer",
  modality: "sensor",
  dtype: "f32",
  shape: [1],
  rate: hertz(25),
  unit: "°C",
  lateness: millis(0),
  idleTimeout: millis(250),
};
const made = { kind: "synthetic", options: { signal: "still", offset: 21 } };

let tiny: TinyPipeline;
beforeAll(async () => {
  tiny = await tinyPipeline(3);
});
afterAll(() => tiny[Symbol.asyncDispose]());

/** A run, and what is done to it when so many rows have been answered. */
async function go(
  steps: Readonly<Record<number, (run: PipelineRun) => Promise<void>>>,
  options: Partial<RunOptions> = {},
) {
  await using run = await startPipeline(tiny.definition, { ...tiny.options, ...options });
  const framesets: Frameset[] = [];
  const readings: Reading[] = [];
  const done: Promise<void>[] = [];
  run.moments.subscribe(({ frameset, reading }) => {
    framesets.push(frameset);
    readings.push(reading);
    const step = steps[readings.length];
    if (step !== undefined) done.push(step(run));
  });
  await run.go();
  await Promise.all(done);
  return { framesets, readings, streams: run.streams(), counters: run.streams() };
}

const presences = (framesets: readonly Frameset[], stream: string): string[] =>
  framesets.map(({ cells }) => cells[stream]?.presence ?? "none");
const answers = (readings: readonly Reading[]): string[] =>
  readings.map(({ time, logProbabilities }) => `${time} ${[...logProbabilities]}`);

async function logOf(path: string): Promise<LogRecord[]> {
  const log: LogRecord[] = [];
  for await (const record of readLog(path)) log.push(record);
  return log;
}

describe("a stream that the pipeline does not declare", () => {
  it("is recorded and aligned from where it came to where it went, and changes no answer", async () => {
    const record = join(tiny.folder, "guest.mcap");
    // The run does not wait for who is being detached: long enough for a busy machine to end a process.
    await using long = await tinyPipeline(10);
    const { feed } = long.options;
    const plain = await go({}, { feed });
    const withGuest = await go(
      {
        20: (run) => run.hotPlug.attach({ stream: guest, sensor: made }),
        50: (run) => run.hotPlug.detach("thermometer"),
      },
      { feed, record },
    );
    expect(answers(withGuest.readings)).toEqual(answers(plain.readings));
    const seen = presences(withGuest.framesets, "thermometer");
    expect(seen.slice(0, 20)).toEqual(seen.slice(0, 20).map(() => "none"));
    // Nothing waits for it: a row that went out just before its frame holds the one before.
    expect(seen.slice(25, 45).filter((presence) => !/^(real|held)$/.test(presence))).toEqual([]);
    const after = withGuest.framesets.filter(({ config }) => config === 3);
    expect(presences(after, "thermometer")).toEqual(after.map(() => "none"));
    expect(after.length).toBeGreaterThan(10);

    const log = await logOf(record);
    const configs = log.filter((entry) => entry.kind === "CONFIG");
    expect(configs.map(({ version, streams }) => [version, streams.map((s) => s.stream)])).toEqual([
      [1, ["a", "b"]],
      [2, ["a", "b", "thermometer"]],
      [3, ["a", "b"]],
    ]);
    const frames = log.filter((r) => r.kind === "DATA" && r.chunk.stream === "thermometer");
    expect(frames.length).toBeGreaterThan(20);

    const again: Frameset[] = [];
    const { device, threads, answerWith } = tiny.options;
    await replayLog(tiny.definition, {
      ...{ records: log, device, threads, answerWith },
      watch: ({ moments }) => moments.subscribe(({ frameset }) => again.push(frameset)),
    });
    expect(again.map(({ id }) => id)).toEqual(withGuest.framesets.map(({ id }) => id));
    expect(presences(again, "thermometer")).toEqual(seen);
  }, 180_000);

  it("has every frame in one row where it is faster than the rows, whatever becomes of another", async () => {
    const sound: StreamDescription = { ...guest, stream: "sound", rate: hertz(100) };
    const wrong = { kind: "synthetic", options: { signal: "smell" } };
    const { framesets, readings, streams } = await go({
      20: async (run) => {
        await run.hotPlug.attach({ stream: sound, sensor: made });
        // Cannot be what it is told to be: that ends nothing but itself.
        await run.hotPlug.attach({ stream: guest, sensor: wrong });
      },
    });
    const seen = presences(framesets, "sound").slice(30, 60);
    expect(seen).toEqual(seen.map(() => "real"));
    expect(streams.find(({ stream }) => stream === "sound")?.counters).toEqual({});
    expect(readings.length).toBeGreaterThan(60);
    expect(streams.find(({ stream }) => stream === "thermometer")?.problem).toMatch(
      /sine or noise/,
    );
  }, 180_000);

  it("is refused where it would be mistaken for another", async () => {
    await using run = await startPipeline(tiny.definition, tiny.options);
    const attach = (description: StreamDescription) => run.hotPlug.attach({ stream: description });
    await expect(attach({ ...guest, stream: "a" })).rejects.toThrow(ConfigError);
    await expect(attach({ ...guest, site: "elsewhere" })).rejects.toThrow("expected site lab");
    await expect(run.hotPlug.attach({ stream: "nose" })).rejects.toThrow("a, b");
    await expect(run.hotPlug.detach("nose")).rejects.toThrow(
      "detach: expected a stream of a, b, got nose",
    );
    await attach(guest);
    await attach(guest);
    expect(run.hotPlug.guests).toEqual([guest]);
  });

  it("is attached once and detached once, however many ask at the same time", async () => {
    await using run = await startPipeline(tiny.definition, tiny.options);
    let changes = 0;
    run.hotPlug.changes.subscribe(() => changes++);
    const twice = async (change: () => Promise<void>) =>
      (await Promise.allSettled([change(), change()])).map(({ status }) => status);
    const attach = () => run.hotPlug.attach({ stream: guest, sensor: made });
    expect(await twice(attach)).toEqual(["fulfilled", "rejected"]);
    const detach = () => run.hotPlug.detach("thermometer");
    expect(await twice(detach)).toEqual(["fulfilled", "rejected"]);
    expect(changes).toBe(2);
  }, 60_000);

  it("stays unplugged where that was asked for while it was being attached", async () => {
    await using run = await startPipeline(tiny.definition, tiny.options);
    await Promise.all([
      run.hotPlug.attach({ stream: guest, sensor: made }),
      run.unplug("thermometer"),
    ]);
    expect(run.hotPlug.kindOf("thermometer")).toBeUndefined();
    expect(run.streams().find(({ stream }) => stream === "thermometer")?.state).toBe("unplugged");
  }, 60_000);
});

describe("a stream that is lent", () => {
  it("is lent once whoever fed it is gone, and to nobody once it is being detached", async () => {
    await using run = await startPipeline(tiny.definition, tiny.options);
    await run.hotPlug.attach({ stream: guest, sensor: made });
    const sequence: string[] = [];
    const lend = async (name: string): Promise<void> => {
      const outlet = await run.hotPlug.lend(guest, 1);
      sequence.push(name);
      await outlet[Symbol.asyncDispose]();
    };
    await Promise.all([lend("first"), lend("second")]);
    expect(sequence).toEqual(["first", "second"]);

    const gone = run.hotPlug.detach("thermometer");
    await expect(lend("third")).rejects.toThrow("expected a stream of the run, got thermometer");
    await gone;
  }, 60_000);
});

describe("a declared stream", () => {
  it("comes back where it is given back before its process has gone", async () => {
    await using long = await tinyPipeline(10);
    const { framesets } = await go(
      {
        20: async (run) => {
          await Promise.all([run.unplug("a"), run.replug("a")]);
        },
      },
      { feed: long.options.feed },
    );
    expect(framesets.at(-8)?.cells["a"]?.presence).toBe("real");
  }, 60_000);

  it("that no sensor feeds gets one on the way, and the answers take note", async () => {
    const sensor = tiny.options.feed.sensors["b"] ?? made;
    const { framesets, streams } = await go(
      { 20: (run) => run.hotPlug.attach({ stream: "b", sensor }) },
      { without: ["b"] },
    );
    const seen = presences(framesets, "b");
    expect(seen.slice(0, 20)).toEqual(seen.slice(0, 20).map(() => "missing"));
    expect(seen.slice(30, 60)).toEqual(seen.slice(30, 60).map(() => "real"));
    expect(streams.find(({ stream }) => stream === "b")?.pluggable).toBe(true);
  }, 180_000);

  it("keeps the sensor it has until that is detached", async () => {
    const problems: unknown[] = [];
    const other = { kind: "synthetic", options: { signal: "still", offset: 7 } };
    // The run does not wait for who is being detached: long enough for a busy machine to end a process.
    await using long = await tinyPipeline(20);
    const { framesets } = await go(
      {
        10: async (run) =>
          run.hotPlug.attach({ stream: "a", sensor: other }).catch((error) => {
            problems.push(error);
          }),
        20: async (run) => {
          await run.hotPlug.detach("a");
          await run.hotPlug.attach({ stream: "a", sensor: other });
        },
      },
      { feed: long.options.feed },
    );
    expect(String(problems[0])).toContain("detach it first");
    const last = framesets.at(-8)?.cells["a"];
    expect(last?.presence).toBe("real");
    const payload = last?.presence === "real" ? Uint8Array.from(last.payload) : new Uint8Array();
    expect([...new Float32Array(payload.buffer)]).toEqual([7, 7]);
  }, 180_000);
});

describe("a run that is gone on with", () => {
  it("has lost its guests, and says so on record", async () => {
    const record = join(tiny.folder, "resumed.mcap");
    {
      await using run = await startPipeline(tiny.definition, { ...tiny.options, record });
      const enough = firstValueFrom(
        run.moments.pipe(filter(({ frameset }) => frameset.index > 40)),
      );
      const first = firstValueFrom(run.moments);
      const going = run.go();
      await first;
      await run.hotPlug.attach({ stream: guest, sensor: made });
      await enough;
      await run[Symbol.asyncDispose]();
      await going;
    }
    const { framesets } = await go({}, { record, recording: { resume: {} } });
    expect(framesets.at(-1)?.cells["thermometer"]).toBeUndefined();
    const configs = (await logOf(record)).filter((entry) => entry.kind === "CONFIG");
    expect(configs.map(({ version, streams }) => [version, streams.length])).toEqual([
      [1, 2],
      [2, 3],
      [3, 2],
    ]);
  }, 180_000);
});

it("lends to any number of pages by one pair of keys", async () => {
  const server = makeCurveKeys().publicKey;
  const issue = vi.fn(() => ({ ...makeCurveKeys(), serverKey: server }));
  const hotPlug = new HotPlug({
    definition: tiny.definition,
    fleet: { unplug: () => Promise.resolve() },
    inlet: { endpoint: "tcp://127.0.0.1:9" },
    guard: { issue },
  } as unknown as HotPlugParts);
  for (const stream of Object.values(tiny.definition.streams)) {
    await using outlet = await hotPlug.lend(stream.description, 1);
    expect(outlet.endpoint).toBe("tcp://127.0.0.1:9");
  }
  expect(issue).toHaveBeenCalledOnce();
});
