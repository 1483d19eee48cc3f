import { copyFile, mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { DEMO, runHere } from "./runCommandLine.ts";

let folder: string;
/** Six seconds of the demo, a run of it with checkpoints, and what that said. */
let take: string;
let log: string;
let whole: string;
let ran: { readonly readings: number };
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sensorium-cli-"));
  [take, log, whole] = [
    join(folder, "take.mcap"),
    join(folder, "run.mcap"),
    join(folder, "run.jsonl"),
  ];
  await runHere("cut", DEMO, take, "--to", "6s");
  const outputs = ["--record", log, "--checkpoint-every", "1s", "--readings", whole];
  const { out } = await runHere("run", "--once", "--json", "--recording", take, ...outputs);
  ran = JSON.parse(out);
}, 300_000);
afterAll(() => rm(folder, { recursive: true }));

describe("sensorium info", { timeout: 600_000 }, () => {
  it("says what a recording holds, for people", async () => {
    const { code, out } = await runHere("info", DEMO);
    expect(code).toBe(0);
    expect(out).toMatch(/^37\.7 s, 1836 kB, closed\n/);
    expect(out).toMatch(/^audio +3772 +3772 +1207 kB +0\.00 +37\.71 +100\.0 {2}i16\[160\] PCM$/m);
    expect(out).toContain("labels    84 by truth");
  });

  it("says the same for programs", async () => {
    const { out } = await runHere("info", DEMO, "--json");
    const info = JSON.parse(out);
    expect(info).toMatchObject({ file: DEMO, closed: true, records: { CONFIG: 1, CLOSED: 3 } });
    expect(info.streams.video).toMatchObject({ frames: 943, description: { shape: [20, 28] } });
    expect(info.labels).toHaveLength(84);
  });

  it("says in one line what is wrong with a file that is no log", async () => {
    const file = join(folder, "no.mcap");
    await writeFile(file, "not a log at all");
    const { code, out, err } = await runHere("info", file);
    expect([code, out]).toEqual([1, ""]);
    expect(err).toMatch(/^[^\n]*no\.mcap: expected an MCAP file[^\n]*\n$/);
  });
});

describe("sensorium repair", { timeout: 600_000 }, () => {
  it("closes a torn log, then finds nothing wrong with it", async () => {
    const file = join(folder, "torn.mcap");
    await copyFile(DEMO, file);
    await truncate(file, 1_000_000);
    const before = await runHere("info", file);
    expect(before.out).toContain("run sensorium repair");

    const first = await runHere("repair", file, "--json");
    expect(first.code).toBe(1);
    const { state, records, droppedBytes } = JSON.parse(first.out);
    expect(state).toBe("repaired");
    expect(droppedBytes).toBeGreaterThan(0);
    expect(records).toBeGreaterThan(2_000);

    const second = await runHere("repair", file, "--json");
    expect(second.code).toBe(0);
    expect(JSON.parse(second.out)).toEqual({ file, state: "fine", records, droppedBytes: 0 });
  });

  it("leaves what is no log alone and exits with 3", async () => {
    const file = join(folder, "other.mcap");
    await writeFile(file, "somebody's diary");
    const { code, err } = await runHere("repair", file);
    expect(code).toBe(3);
    expect(err).toContain("expected an MCAP file");
  });
});

describe("sensorium replay --verify", { timeout: 600_000 }, () => {
  it("agrees with what the run noted in its log, and fails on anything else", async () => {
    const { readings } = ran;
    const same = await runHere("replay", log, "--verify", "--json");
    expect(same.code).toBe(0);
    const replayed = JSON.parse(same.out);
    expect(replayed).toMatchObject({ readings, verified: true, expected: replayed.sha256 });

    const other = await runHere("replay", log, "--expect", "0".repeat(64), "--json");
    expect(other.code).toBe(1);
    expect(JSON.parse(other.out)).toMatchObject({ verified: false, sha256: replayed.sha256 });
    expect(other.err).toContain("got others");
  });

  it("says what to do with a log that has no digest", async () => {
    const { code, err } = await runHere("replay", DEMO, "--verify");
    expect(code).toBe(1);
    expect(err).toContain("give --expect DIGEST");
  });
});

describe("sensorium replay of a part", { timeout: 900_000 }, () => {
  it("says from any time on what the whole says from there, with checkpoints and without", async () => {
    const lines = (await readFile(whole, "utf8")).split(/(?<=\n)/);
    for (const file of [log, DEMO]) {
      const part = join(folder, "part.jsonl");
      const args = ["--from", "3s", "--to", "5s", "--readings", part, "--json"];
      const { code, out } = await runHere("replay", file, ...args);
      expect([code, JSON.parse(out).readings]).toEqual([0, 50]);
      const said = (await readFile(part, "utf8")).split(/(?<=\n)/);
      const start = lines.findIndex((line) => isAbout(line, said[0]));
      // The demo was recorded on another day: its readings are the same but for their times.
      const wanted = lines.slice(start, start + 50);
      if (file === log) expect(said).toEqual(wanted);
      else expect(said).toHaveLength(50);
    }
  });

  it("takes as long as it took to record where it shall", async () => {
    const began = performance.now();
    const args = ["--from", "1s", "--to", "2s", "--speed", "2", "--json"];
    const { out } = await runHere("replay", DEMO, ...args);
    expect(performance.now() - began).toBeGreaterThan(450);
    expect(JSON.parse(out).readings).toBe(25);
  });

  it("says what the chosen streams say by themselves", async () => {
    const { code, out } = await runHere("replay", take, "--streams", "video", "--json");
    expect(code).toBe(0);
    expect(JSON.parse(out).readings).toBeGreaterThan(120);
    const { code: wrong, err } = await runHere("replay", DEMO, "--streams", "smell");
    expect([wrong, err]).toEqual([
      1,
      "replay: expected a stream of the log, audio, video, text, got smell\n",
    ]);
  });

  it("is refused together with a digest of the whole", async () => {
    const { code, err } = await runHere("replay", DEMO, "--from", "3s", "--verify");
    expect(code).toBe(1);
    expect(err).toContain("expected a whole log with --verify");
  });
});

/** Whether two lines are readings of one row. */
function isAbout(line: string, other: string | undefined): boolean {
  return line !== "" && other !== undefined && JSON.parse(line).id === JSON.parse(other).id;
}

describe("sensorium record", { timeout: 600_000 }, () => {
  it("records sensors without a model, as a log that replays", async () => {
    const file = join(folder, "recorded.mcap");
    const { code, out } = await runHere("record", file, "--for", "2", "--json");
    expect(code).toBe(0);
    const { frames, refused } = JSON.parse(out);
    expect(refused).toBe(0);
    expect(frames.audio).toBeGreaterThan(10);
    expect(frames.video).toBeGreaterThan(3);
    const info = JSON.parse((await runHere("info", file, "--json")).out);
    expect(info).toMatchObject({ closed: true, metadata: { pipeline: "talking-face" } });
    expect(info.streams.audio.frames).toBe(frames.audio);
    expect(info.records.CLOCK).toBeGreaterThan(0);
    const replayed = JSON.parse((await runHere("replay", file, "--json")).out);
    expect(replayed.readings).toBeGreaterThan(3);
  });

  it("records segments, keeps the last of them, and the others read them", async () => {
    const site = join(folder, "site");
    const args = ["--for", "3", "--segment-time", "0.5s", "--keep-age", "1.5s", "--json"];
    const { code } = await runHere("record", site, ...args);
    expect(code).toBe(0);
    const names = await readdir(site);
    expect(names.length).toBeLessThanOrEqual(5);
    expect(names).not.toContain("000001.mcap");
    const info = JSON.parse((await runHere("info", site, "--json")).out);
    expect(info).toMatchObject({ closed: true, files: names.length });
    expect(info.streams.audio.description.rate).toBe(100);
    expect((await runHere("repair", site)).code).toBe(0);
    const replayed = JSON.parse((await runHere("replay", site, "--json")).out);
    expect(replayed.readings).toBeGreaterThan(20);
    const followed = JSON.parse((await runHere("replay", site, "--follow", "--json")).out);
    expect(followed.sha256).toBe(replayed.sha256);
  });

  it("refuses to write over a file", async () => {
    const { code, err } = await runHere("record", DEMO, "--for", "1");
    expect(code).toBe(1);
    expect(err).toContain("expected a file to write the log to");
  });
});
