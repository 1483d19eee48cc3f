import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type { StreamDescription } from "../../src/frames/StreamDescription.ts";
import type { LogRecord } from "../../src/log/LogRecord.ts";
import { offeredStreams } from "../../src/pipeline/offeredStreams.ts";
import { parseSensorSpec } from "../../src/pipeline/parseSensorSpec.ts";
import { replayedRecords } from "../../src/pipeline/replayedRecords.ts";
import { all, START, stream } from "../log/smallLog.ts";

const SENSORS = fileURLToPath(new URL("../../sensors", import.meta.url));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sensorium-offers-"));
  const rows = ["x,time,y", "1,10.00,4", "2,10.02,5", ",10.04,6", "4,10.06,7"];
  await writeFile(join(folder, "wrist.csv"), rows.join("\n"));
});
afterAll(() => rm(folder, { recursive: true }));

const offered = (specs: readonly string[], into?: readonly StreamDescription[]) =>
  offeredStreams(specs.map(parseSensorSpec), {
    ...{ sensors: SENSORS, site: "lab" },
    ...(into !== undefined && { into }),
  });

describe("sensors as a person names them", () => {
  it("are a kind, what it is mostly told, the stream, and more options", () => {
    expect(parseSensorSpec("front=camera:/dev/video1,shape=48x64,rate=15,delayMs=40")).toEqual({
      text: "front=camera:/dev/video1,shape=48x64,rate=15,delayMs=40",
      ...{ stream: "front", kind: "camera", argument: "/dev/video1", shape: [48, 64], rate: 15 },
      options: { delayMs: 40 },
    });
    expect(parseSensorSpec("camera:rtsp://host:554/a?b=c")).toMatchObject({
      ...{ kind: "camera", argument: "rtsp://host:554/a?b=c" },
    });
    expect(parseSensorSpec("csv:a.csv,columns=[1,2],zero=2026-01-31")).toMatchObject({
      options: { columns: [1, 2], zero: "2026-01-31" },
    });
  });

  it.each([
    ["", /expected KIND/],
    ["camera,shape=big", /a shape like 24x32, got big/],
    ["camera,dtype=i128", /a dtype like f32, got i128/],
    ["camera,rate=never", /a rate like 25 or irregular, got never/],
  ])("are refused where they are none: %s", (text, message) => {
    expect(() => parseSensorSpec(text)).toThrow(message);
  });
});

describe("offeredStreams", () => {
  it("describes what a sensor gives as usual, and as it is wanted", async () => {
    const [sound, picture] = await offered(["microphone", "camera,shape=24x32"]);
    expect(sound?.description).toMatchObject({ stream: "audio", dtype: "i16", shape: [160] });
    expect(picture?.description).toMatchObject({ shape: [24, 32], unit: "grey level" });
    const [slow, colour] = await offered(["microphone,rate=50,shape=320", "camera,shape=48x64x3"]);
    expect(slow?.description).toMatchObject({ rate: 50, span: 20_000 });
    expect(colour?.description).toMatchObject({ shape: [48, 64, 3], unit: "RGB" });
  });

  it("wants to be told of a sensor that cannot know", async () => {
    const numbers = "mqtt,form=numbers,url=mqtt://host,topic=t";
    await expect(offered([numbers])).rejects.toThrow("expected shape and rate");
    const [told] = await offered([`${numbers},shape=3,rate=10`]);
    expect(told?.description).toMatchObject({ stream: "mqtt", dtype: "f32", shape: [3], rate: 10 });
  });

  it("reads the columns, the times and the rate of a table off the table", async () => {
    const [table] = await offered([`csv:${join(folder, "wrist.csv")}`]);
    expect(table).toMatchObject({
      description: { site: "lab", stream: "wrist", dtype: "f64", shape: [2], rate: 50 },
      plan: { kind: "csv", options: { time: "time", timeUnit: "s", timeFrom: "start" } },
      ends: true,
    });
  });

  it("numbers streams of one name", async () => {
    const found = await offered(["microphone", "microphone:hw:1"]);
    expect(found.map(({ description }) => description.stream)).toEqual(["audio", "audio-2"]);
  });

  it("fits a pipeline's streams by name, or by modality", async () => {
    const into = [stream("ear", { modality: "audio" }), stream("wrist")];
    const found = await offered(["microphone", "wrist=synthetic"], into);
    expect(found.map(({ description }) => description)).toEqual(into);
    await expect(offered(["camera"], into)).rejects.toThrow("expected to give one of ear, wrist");
    await expect(offered(["nose=camera"], into)).rejects.toThrow("one of ear, wrist, got nose");
  });
});

describe("replayedRecords", () => {
  const replay = async (): Promise<LogRecord[]> => {
    const found = await offered([`csv:${join(folder, "wrist.csv")}`, "synthetic,seconds=1"]);
    return all(
      replayedRecords({
        streams: found.map(({ description }) => description),
        plans: Object.fromEntries(found.map(({ description, plan }) => [description.stream, plan])),
        ...{ period: 40_000 as never, start: START, sensors: SENSORS },
        signal: new AbortController().signal,
      }),
    );
  };

  it("gives the log that a run would keep, the same each time, in order of time", async () => {
    const records = await replay();
    expect(await replay()).toEqual(records);
    const times = records.map(({ logTime }) => logTime);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    const frames = records.flatMap((record) =>
      record.kind === "DATA" && record.chunk.stream === "wrist" ? record.chunk.originTimes : [],
    );
    expect(frames.map((time) => time - START)).toEqual([0, 20_000, 40_000, 60_000]);
    expect(records.filter(({ kind }) => kind === "CLOSED")).toHaveLength(2);
  });

  it("refuses what is live", async () => {
    const [sound] = await offered(["microphone"]);
    if (sound === undefined) throw new Error("a microphone expected");
    const records = replayedRecords({
      ...{ streams: [sound.description], plans: { audio: sound.plan } },
      ...{ period: 40_000 as never, start: START, sensors: SENSORS },
      signal: new AbortController().signal,
    });
    await expect(all(records)).rejects.toThrow("microphone, which is live: record it");
  });
});
