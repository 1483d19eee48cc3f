import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";

import { type ClipRequest, demoFeed } from "../../src/pipeline/demoFeed.ts";
import { modulePath } from "../../src/pipeline/modulePath.ts";
import { millis } from "../../src/units.ts";

const asked = { live: false, split: "dev", seed: 4 };
const labels = [{ label: "7", slot: "digit", by: "truth", from: millis(0), to: millis(800) }];

/** A pipeline with two streams whose clips remember what was asked for. */
function openWith(requests: ClipRequest[], live: Parameters<typeof demoFeed>[0]["live"]) {
  const clips = (kind: string) => (request: ClipRequest) => {
    requests.push(request);
    const plan = { kind, options: { seed: request.seed } };
    return {
      ...{ name: kind, duration: millis(900), labels },
      sensors: kind === "read" ? { a: plan } : plan,
    };
  };
  return demoFeed({
    ...{ pipeline: "test", streams: ["a", "b"], demo: new URL("file:///nowhere/demo.mcap"), live },
    ...{
      generated: { generated: clips("drawn"), sung: clips("song") },
      dataSet: clips("read"),
      conditions: ["noise"],
    },
  });
}

describe("the feed of a pipeline with a demo and a data set", () => {
  it("gives generated clips to each of its streams, and clips of the set as they say", async () => {
    const requests: ClipRequest[] = [];
    const open = openWith(requests, "bring one");
    const plan = (kind: string) => ({ kind, options: { seed: 4 } });
    expect(await open({ ...asked, data: "generated", count: 3 })).toEqual({
      ...{ name: "drawn", duration: 900_000, truth: labels },
      sensors: { a: plan("drawn"), b: plan("drawn") },
    });
    expect((await open({ ...asked, data: "sung" })).name).toBe("song");
    const read = await open({ ...asked, data: "/sets/digits", condition: "noise" });
    expect(read.sensors).toEqual({ a: plan("read") });
    expect(requests).toEqual([
      { split: "dev", seed: 4, count: 3, directory: "" },
      { split: "dev", seed: 4, directory: "" },
      { split: "dev", seed: 4, condition: "noise", directory: "/sets/digits" },
    ]);
  });

  it("is the machine's own sensors, or says what to do where there are none", async () => {
    const sensors = { a: { kind: "microphone", options: {} } };
    const own = openWith([], { name: "microphone", sensors });
    expect(await own({ ...asked, live: true })).toEqual({ name: "microphone", sensors, truth: [] });
    const none = openWith([], "bring one");
    await expect(none({ ...asked, live: true })).rejects.toThrow("pipeline test: bring one");
  });

  it("is the demo where nothing else is asked for", async () => {
    await expect(openWith([], "bring one")(asked)).rejects.toThrow(/\/nowhere\/demo\.mcap/);
  });

  it("knows no other conditions, and none of a recording", async () => {
    const open = openWith([], "bring one");
    const data = "/sets/digits";
    await expect(open({ ...asked, data, condition: "fog" })).rejects.toThrow(
      "pipeline test: condition: expected one of noise and a data set, got fog",
    );
    await expect(open({ ...asked, condition: "noise" })).rejects.toThrow(/and a data set/);
  });
});

describe("a module beside a pipeline", () => {
  it("is found as source and as build", () => {
    const at = (file: string): string => pathToFileURL(`/p/digits/${file}`).href;
    expect(modulePath(at("feed.ts"), "./generate/drawn")).toBe("/p/digits/generate/drawn.ts");
    expect(modulePath(at("feed.js"), "./generate/drawn")).toBe("/p/digits/generate/drawn.js");
  });
});
