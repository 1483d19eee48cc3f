import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { SystemClock } from "../../src/clock/SystemClock.ts";
import { definePipeline } from "../../src/pipeline/definePipeline.ts";
import type { PipelineRun } from "../../src/pipeline/PipelineRun.ts";
import { startPipeline } from "../../src/pipeline/startPipeline.ts";
import { pipelineFeed } from "../../src/server/pipelineFeed.ts";
import { Server } from "../../src/server/Server.ts";
import { seconds } from "../../src/units.ts";
import { type TinyPipeline, tinyPipeline } from "../support/tinyPipeline.ts";
import { runCommandLine } from "./runCommandLine.ts";

let tiny: TinyPipeline;
let run: PipelineRun;
let server: Server;
let ended: Promise<void>;

/** Waits for a row of the running pipeline. */
const answered = (): Promise<void> =>
  new Promise((resolve) => {
    const waiting = run.moments.subscribe(() => {
      waiting.unsubscribe();
      resolve();
    });
  });

beforeAll(async () => {
  tiny = await tinyPipeline();
  run = await startPipeline(tiny.definition, { ...tiny.options, pace: "realtime", loop: true });
  server = await Server.start(pipelineFeed(run), { clock: new SystemClock(), port: 0 });
  ended = run.go();
  await answered();
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await run[Symbol.asyncDispose]();
  await ended;
  await tiny[Symbol.asyncDispose]();
});

const lines = (text: string): string[] => text.trimEnd().split("\n");

describe("watching a running pipeline", { timeout: 600_000 }, () => {
  it("lists its streams", async () => {
    const { out } = await runCommandLine("topics", "--url", server.url);
    expect(lines(out)).toHaveLength(3);
    expect(lines(out)[1]).toMatch(/^a +sensor +25 +(live|late) +1$/);
    const { out: json } = await runCommandLine("topics", "--url", server.url, "--json");
    expect(JSON.parse(json)).toMatchObject({
      pipeline: "tiny",
      topics: [{ stream: "a", rate: 25, counts: true }, { stream: "b" }],
    });
  });

  it("echoes as many frames of a stream as it is asked for, in order, with their numbers", async () => {
    const { code, out } = await runCommandLine(
      "echo",
      "b",
      "--count",
      "5",
      "--json",
      "--url",
      server.url,
    );
    expect(code).toBe(0);
    const frames = lines(out).map((line) => JSON.parse(line));
    expect(frames).toHaveLength(5);
    for (const [i, { stream, sequence, value, dtype }] of frames.entries()) {
      expect([stream, dtype, value.length]).toEqual(["b", "f32", 3]);
      expect(sequence).toBe(frames[0].sequence + i);
    }
    // Frame n of the recording holds sin(n + 7), sin(n + 8), sin(n + 9).
    const length = (run.options.feed.duration ?? 0) / 40_000;
    const n = Math.round((frames[0].originTime - run.origin) / 40_000) % length;
    expect(frames[0].value[0]).toBeCloseTo(Math.sin(n + 7), 6);
  });

  it("refuses to echo a stream that is not there, and says so", async () => {
    const { code, err } = await runCommandLine("echo", "nose", "--url", server.url);
    expect(code).toBe(1);
    expect(err).toMatch(/there is no stream nose to listen to\n$/);
  });

  it("shows rates, ages, gaps and drops, once as JSON", async () => {
    const { out } = await runCommandLine("top", "--once", "--json", "--url", server.url);
    const { pipeline, state, streams } = JSON.parse(out);
    expect([pipeline, state]).toEqual(["tiny", "running"]);
    expect(streams[0]).toMatchObject({ stream: "a", nominal: 25, gaps: 0 });
    expect(streams[0].rate).toBeGreaterThan(5);
    expect(streams[0].ageMs).toBeLessThan(1_000);
    const { out: table } = await runCommandLine("top", "--once", "--url", server.url);
    expect(table).toMatch(/^tiny on tiny recording: running/);
    expect(table).toMatch(/^b +(live|late) +\d+\.\d +25 +\d+ /m);
  });

  it("names the stream that holds the rows back, what the next row needs of it and what it has", async () => {
    const { definition, options } = tiny;
    // Waits for a stream for a minute; b is never started.
    const { a, b } = definition.streams;
    const patient = definePipeline({
      ...definition,
      grid: { ...definition.grid, skew: seconds(60) },
      streams: Object.fromEntries(
        Object.entries({ a, b }).flatMap(([stream, plan]) =>
          plan === undefined
            ? []
            : [
                [
                  stream,
                  { ...plan, description: { ...plan.description, idleTimeout: seconds(60) } },
                ],
              ],
        ),
      ),
    });
    await using stuck = await startPipeline(patient, {
      ...options,
      pace: "realtime",
      loop: true,
      without: ["b"],
    });
    await using held = await Server.start(pipelineFeed(stuck), {
      clock: new SystemClock(),
      port: 0,
    });
    const going = stuck.go();
    type Next = { waits: { stream: string; needsMs: number; hasMs: number | null }[] } | null;
    const waiting = async (): Promise<NonNullable<Next>> => {
      const { out } = await runCommandLine("top", "--once", "--json", "--url", held.url);
      const { next } = JSON.parse(out) as { next: Next };
      return next === null || next.waits.length === 0 ? waiting() : next;
    };
    const { waits } = await waiting();
    expect(waits).toMatchObject([{ stream: "b", needsMs: 0 }]);
    const { out } = await runCommandLine("top", "--once", "--url", held.url);
    expect(out).toMatch(/waits for b: (nothing has come from b yet|b is known up to)/);
    await stuck[Symbol.asyncDispose]();
    await going;
  });

  it("says how to start one where nothing runs", async () => {
    const { code, err } = await runCommandLine("top", "--once", "--url", "http://127.0.0.1:1");
    expect(code).toBe(1);
    expect(err).toContain("got no answer; start one with npm start, or give its --url");
  });

  it("explains that output flows, and why it does not once every sensor is gone", async () => {
    const flowing = await runCommandLine("explain", "--url", server.url);
    expect(flowing.out).toMatch(/^output flows; next is row \d+\n/);
    await Promise.all(["a", "b"].map((stream) => run.unplug(stream)));
    // The server says so half a second after the last row.
    const waiting = async (): Promise<{ readonly out: string; readonly state: string }> => {
      const { out } = await runCommandLine("explain", "--json", "--url", server.url);
      const { state } = JSON.parse(out);
      return state === "running" ? waiting() : { out, state };
    };
    const { out, state } = await waiting();
    expect(state).toBe("waiting");
    const { text, quiet, next } = JSON.parse(out);
    expect(text).toBe("Every sensor is silent: there is nothing to show until one speaks.");
    expect(quiet).toMatchObject([
      { stream: "a", state: "unplugged" },
      { stream: "b", state: "unplugged" },
    ]);
    expect(next.index).toBeGreaterThan(0);
    const forPeople = await runCommandLine("explain", "--url", server.url);
    expect(forPeople.out).toMatch(/^no output \(waiting\): Every sensor is silent/);
  });
});
