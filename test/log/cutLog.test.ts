import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { type CutOptions, cutLog } from "../../src/log/cutLog.ts";
import { writeLog } from "../../src/log/writeLog.ts";
import { all, at, framesIn, label, START, smallLog, stream } from "./smallLog.ts";

let folder: string;
let log: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sensorium-cut-"));
  log = join(folder, "whole.mcap");
  const labels = [label("before", 0, 0.4), label("across", 0.9, 1.2), label("after", 1.6, 1.9)];
  await writeLog(log, smallLog([stream("a"), stream("b")], { labels }));
});
afterAll(() => rm(folder, { recursive: true }));

const cut = (options: CutOptions) => all(cutLog(log, options));

describe("cutLog", () => {
  it("keeps what came in within the part, up to and without its end", async () => {
    const part = await cut({ from: at(1), to: at(1.3) });
    expect(framesIn(part).filter((frame) => frame.startsWith("a"))).toEqual([
      "a@1=10",
      "a@1.1=11",
      "a@1.2=12",
    ]);
  });

  it("begins with the configuration, its grid at the first instant of the part", async () => {
    const [first] = await cut({ from: at(1.01) });
    // 1.01 s lies between two instants of a grid of 40 ms that starts at 0.
    expect(first).toMatchObject({ kind: "CONFIG", logTime: at(1.01), origin: at(1.04) });
  });

  it("keeps labels by when they happened, whole, though all were told at the start", async () => {
    const part = await cut({ from: at(1), to: at(1.5) });
    expect(part.filter(({ kind }) => kind === "LABEL")).toEqual([
      { kind: "LABEL", logTime: at(1), label: label("across", 0.9, 1.2) },
    ]);
  });

  it("keeps the chosen streams alone, in the configuration too", async () => {
    const part = await cut({ streams: ["b"] });
    expect(part[0]).toMatchObject({ streams: [{ stream: "b" }] });
    expect(new Set(framesIn(part).map((frame) => frame[0]))).toEqual(new Set(["b"]));
    await expect(cut({ streams: ["smell"] })).rejects.toThrow(
      "a stream of the log, a, b, got smell",
    );
  });

  it("gives the whole log where nothing is left out", async () => {
    expect(framesIn(await cut({}))).toHaveLength(40);
    expect((await cut({ from: START }))[0]).toMatchObject({ kind: "CONFIG", origin: START });
  });
});
