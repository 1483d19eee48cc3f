import { spawn } from "node:child_process";
import { once } from "node:events";
import { watch } from "node:fs";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { framesOf } from "../../src/frames/Chunk.ts";
import { logInfo } from "../../src/log/logInfo.ts";
import { readLog } from "../../src/log/readLog.ts";
import { DEMO, processArguments, runHere } from "./runCommandLine.ts";

let folder: string;
let run: string;
/** A path in the test's folder. */
const at = (name: string): string => join(folder, name);
/** Runs a command that must succeed. @returns The JSON object that it says. */
async function say(...args: readonly string[]): Promise<Record<string, unknown>> {
  const { code, out, err } = await runHere(...args, "--json");
  expect([code, err.replace(/^recording .*\n|^untrained(.*\n)*/, "")]).toEqual([0, ""]);
  return JSON.parse(out.trim().split("\n").at(-1) ?? "");
}

/** Every frame of a recording: its stream, its time, its bytes. */
async function framesIn(path: string): Promise<string[]> {
  const frames: string[] = [];
  for await (const record of readLog(path, { kinds: ["DATA"] }))
    if (record.kind === "DATA")
      for (const { stream, originTime, payload } of framesOf(record.chunk))
        frames.push(`${stream} ${originTime} ${Buffer.from(payload).toString("base64")}`);
  return frames.sort();
}

async function labelsIn(path: string) {
  return (await logInfo(path)).labels.toSorted((a, b) => a.from - b.from);
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sensorium-round-"));
  run = at("run.mcap");
  await say("cut", DEMO, at("take.mcap"), "--to", "5s");
  await say("run", "--once", "--recording", at("take.mcap"), "--record", run);
}, 300_000);
afterAll(() => rm(folder, { recursive: true }));

describe("a recording's round trip", { timeout: 600_000 }, () => {
  it("recorded, cut and replayed it says the same again; out and in again it holds the same", async () => {
    expect(await say("replay", run, "--verify")).toMatchObject({ verified: true });
    const part = at("part.mcap");
    await say("cut", run, part, "--from", "1s", "--to", "4s", "--digest");
    const { readings, verified } = await say("replay", part, "--verify");
    expect([verified, Number(readings) > 70]).toEqual([true, true]);

    const before = await framesIn(part);
    const whole = await framesIn(run);
    expect(before.length).toBeGreaterThan(350);
    expect(before.filter((frame) => !whole.includes(frame))).toEqual([]);

    await say("export", part, at("out.mcap"));
    await say("import", at("out.mcap"), "--out", at("back.mcap"));
    expect(await framesIn(at("back.mcap"))).toEqual(before);
    const labels = await labelsIn(part);
    expect(labels.length).toBeGreaterThan(5);
    expect(await labelsIn(at("back.mcap"))).toEqual(labels);
  });

  it("split into streams and merged it holds the same", async () => {
    const names = ["audio", "video", "text"];
    for (const name of names) await say("cut", run, at(`${name}.mcap`), "--streams", name);
    await say("merge", at("merged.mcap"), ...names.map((name) => at(`${name}.mcap`)));
    expect(await framesIn(at("merged.mcap"))).toEqual(await framesIn(run));
    expect(await labelsIn(at("merged.mcap"))).toEqual(await labelsIn(run));
  });

  it("its labels go out as files, are taken off and come in again, to the millisecond", async () => {
    const path = at("labels.mcap");
    await say("cut", run, path);
    const before = await labelsIn(path);
    for (const ending of ["txt", "eaf"]) {
      const file = at(`labels.${ending}`);
      await say("label", path, "--export", file);
      const gone = await say("label", path, ...names(before).flatMap((name) => ["--remove", name]));
      expect(gone).toMatchObject({ removed: before.length, labels: [] });
      const { added } = await say("label", path, "--import", file);
      expect(added).toBe(before.length);
      const after = await labelsIn(path);
      for (const [index, { label, slot, from, to }] of after.entries()) {
        expect([label, slot]).toEqual([before[index]?.label, before[index]?.slot]);
        expect(Math.abs(from - (before[index]?.from ?? 0))).toBeLessThanOrEqual(500);
        expect(Math.abs(to - (before[index]?.to ?? 0))).toBeLessThanOrEqual(500);
      }
    }
    const again = await say("label", path, "--import", at("labels.eaf"));
    expect(again).toMatchObject({ added: 0 });
  });

  it("its sound goes out as WAV and comes in again, sample by sample", async () => {
    const { code } = await runHere("export", run, at("sound.wav"));
    expect(code).toBe(0);
    const { code: came, err } = await runHere(
      ...["import", at("sound.wav"), "--out", at("sound.mcap"), "--pipeline", "talking-face"],
    );
    if (err.includes("install ffmpeg")) return;
    expect([came, err]).toEqual([0, ""]);
    const sound = (frames: readonly string[]): string[] =>
      frames.filter((frame) => frame.startsWith("audio"));
    expect(sound(await framesIn(at("sound.mcap"))).slice(0, 480)).toEqual(
      sound(await framesIn(run)).slice(0, 480),
    );
  });

  it("tables of it have a row for each reading, event and label", async () => {
    const readings = Number((await say("replay", run))["readings"]);
    const rows = await say("export", run, at("readings.parquet"), "--what", "readings");
    expect(rows["rows"]).toBe(readings);
    const events = await say("export", run, at("events.csv"), "--what", "events");
    expect(Number(events["rows"])).toBeGreaterThan(3);
  });
});

describe("a recording that kill -9 cut off", { timeout: 300_000 }, () => {
  it("opens with every command, and ends where its last whole chunk does", async () => {
    const torn = at("torn.mcap");
    await killedWhileRecording(torn);
    const { closed } = await logInfo(torn);
    expect(closed).toBe(false);
    const frames = await framesIn(torn);
    expect(frames.length).toBeGreaterThan(50);

    expect(await say("info", torn)).toMatchObject({ closed: false });
    await say("cut", torn, at("torn-cut.mcap"), "--from", "0.2s");
    await say("cut", torn, at("torn-other.mcap"), "--to", "0.2s");
    await say("merge", at("torn-merged.mcap"), at("torn-other.mcap"), at("torn-cut.mcap"));
    expect(await framesIn(at("torn-merged.mcap"))).toEqual(frames);
    await say("export", torn, at("torn-out.mcap"));
    await say("import", at("torn-out.mcap"), "--out", at("torn-back.mcap"));
    expect(await framesIn(at("torn-back.mcap"))).toEqual(frames);
    await say("export", torn, at("torn.parquet"), "--stream", "synthetic");
    await say("label", torn, "--add", "clap@0.1s-0.3s");
    // A label closes what it is added to.
    expect(await logInfo(torn)).toMatchObject({ closed: true, labels: [{ label: "clap" }] });
    expect(await framesIn(torn)).toEqual(frames);
    expect((await runHere("repair", torn)).code).toBe(0);
  });
});

const names = (labels: readonly { readonly label: string }[]): string[] => [
  ...new Set(labels.map(({ label }) => label)),
];

/** Records a sensor that never ends, and kills the recorder once something is on the disk. */
async function killedWhileRecording(path: string): Promise<void> {
  const sensor = "synthetic,shape=3,rate=200,signal=noise";
  const child = spawn(
    process.execPath,
    processArguments("record", "--sensor", sensor, "--out", path),
    { stdio: ["ignore", "ignore", "inherit"] },
  );
  const gone = once(child, "exit");
  const changes = watch(folder);
  try {
    for (let size = 0; size < 6_000; ) {
      await once(changes, "change");
      size = await stat(path).then(
        (file) => file.size,
        () => 0,
      );
    }
  } finally {
    changes.close();
    child.kill("SIGKILL");
    await gone;
  }
}
