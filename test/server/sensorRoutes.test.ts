import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { RunningPipeline } from "../../src/cli/RunningPipeline.ts";
import { SystemClock } from "../../src/clock/SystemClock.ts";
import { ConfigError } from "../../src/errors.ts";
import type { PipelineRun } from "../../src/pipeline/PipelineRun.ts";
import { startPipeline } from "../../src/pipeline/startPipeline.ts";
import { FOXGLOVE_PROTOCOLS } from "../../src/server/foxglove/FoxgloveBridge.ts";
import { pipelineFeed } from "../../src/server/pipelineFeed.ts";
import { Server } from "../../src/server/Server.ts";
import { FoxgloveViewer } from "../support/FoxgloveViewer.ts";
import { SubjectFeed } from "../support/SubjectFeed.ts";
import { type TinyPipeline, tinyPipeline } from "../support/tinyPipeline.ts";

let tiny: TinyPipeline;
let run: PipelineRun;
let server: Server;
let going: Promise<void>;
beforeAll(async () => {
  tiny = await tinyPipeline(2);
  run = await startPipeline(tiny.definition, { ...tiny.options, pace: "realtime", loop: true });
  server = await Server.start(pipelineFeed(run), { clock: new SystemClock(), port: 0 });
  going = run.go();
}, 180_000);
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await run[Symbol.asyncDispose]();
  await going;
  await tiny[Symbol.asyncDispose]();
}, 180_000);

/** Settles once the stream is in this state. */
async function turns(stream: string, wanted: string): Promise<void> {
  const there = new RunningPipeline(server.url);
  for (;;) {
    const { state } =
      (await there.sensors()).find(({ description }) => description.stream === stream) ?? {};
    if (state === wanted) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe("sensors of a running pipeline", () => {
  it("are attached, listed, heard and detached through its server", async () => {
    const there = new RunningPipeline(server.url);
    const stream = await there.attach({
      kind: "synthetic",
      options: { signal: "still", offset: 4 },
      stream: { stream: "level", unit: "m" },
    });
    expect(stream).toBe("level");
    await turns("level", "live");
    const sensors = await there.sensors();
    expect(
      sensors.map(({ description, kind, isGuest }) => [description.stream, kind, isGuest]),
    ).toEqual([
      ["a", "recording", false],
      ["b", "recording", false],
      ["level", "synthetic", true],
    ]);
    const stop = new AbortController();
    for await (const line of there.frames("level", stop.signal)) {
      if ("skipped" in line) continue;
      expect(Buffer.from(line.payload, "base64").readFloatLE()).toBe(4);
      break;
    }
    stop.abort();
    const { hello } = await there.status();
    expect(hello.streams.find(({ stream: name }) => name === "level")).toMatchObject({
      unit: "m",
      counts: false,
    });
    await there.detach("level");
    expect((await there.sensors()).map(({ description }) => description.stream)).toEqual([
      "a",
      "b",
    ]);
  }, 180_000);

  it("are seen by Foxglove's own client as they come and go, with their messages", async () => {
    const there = new RunningPipeline(server.url);
    for (const protocol of FOXGLOVE_PROTOCOLS) {
      const viewer = new FoxgloveViewer(server.url, protocol);
      await viewer.advertised((channels) => channels.has("/streams/a"));
      viewer.subscribe("/streams/a");
      viewer.subscribe("/health");
      const heard = new Set<string>();
      while (heard.size < 2) heard.add((await viewer.next()).topic);
      await there.attach({ kind: "synthetic", options: {}, stream: "wave" });
      await viewer.advertised((channels) => channels.has("/streams/wave"));
      viewer.subscribe("/streams/wave");
      for (;;) {
        const { topic, body } = await viewer.next();
        if (topic !== "/streams/wave") continue;
        expect(body["values"]).toHaveLength(1);
        break;
      }
      await there.detach("wave");
      await viewer.advertised((channels) => !channels.has("/streams/wave"));
      viewer.client.close();
    }
  }, 180_000);

  it("are refused with what was expected, and nothing is left of them", async () => {
    const there = new RunningPipeline(server.url);
    const attach = (request: object) => there.attach({ options: {}, ...request });
    await expect(attach({ kind: "synthetic", stream: "a" })).rejects.toThrow("detach it first");
    await expect(attach({ kind: "synthetic", options: { signal: "smell" } })).rejects.toThrow(
      ConfigError,
    );
    await expect(attach({ kind: "../../evil.mjs" })).rejects.toThrow("kind");
    await expect(attach({ kind: "telepathy" })).rejects.toThrow("got telepathy");
    await expect(attach({ stream: "ether" })).rejects.toThrow("expected its description");
    await expect(attach({ kind: "microphone", stream: { rate: -1 } })).rejects.toThrow("rate");
    await expect(there.detach("ether")).rejects.toThrow("a, b");
    expect((await there.sensors()).length).toBe(2);
  });

  it("are nobody else's business: other pages and re-bound names are turned away", async () => {
    const url = new URL("/api/sensors", server.url);
    const headers = { "content-type": "application/json", origin: "http://evil.example" };
    const body = JSON.stringify({ kind: "synthetic", options: {} });
    expect((await fetch(url, { method: "POST", headers, body })).status).toBe(403);
    expect((await fetch(url, { headers: { origin: "http://evil.example" } })).status).toBe(403);
  });

  it("are not offered by a feed that has none", async () => {
    await using other = await Server.start(new SubjectFeed(), {
      clock: new SystemClock(),
      port: 0,
    });
    const there = new RunningPipeline(other.url);
    expect(await there.sensors()).toEqual([]);
    await expect(there.attach({ kind: "synthetic" })).rejects.toThrow("takes no sensors");
  });
});
