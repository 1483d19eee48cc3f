import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { logInfo } from "../../src/log/logInfo.ts";
import { writeLog } from "../../src/log/writeLog.ts";
import { label, smallLog, stream } from "../log/smallLog.ts";
import { runHere } from "./runCommandLine.ts";

let folder: string;
let whole: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sensorium-bounds-"));
  whole = join(folder, "take.mcap");
  const labels = [label("clap", 0.5, 0.8), label("wave", 1, 1.4)];
  const records = smallLog([stream("imu")], { to: 2, labels });
  async function* each() {
    yield* records;
  }
  await writeLog(whole, each(), { metadata: {} });
  await mkdir(join(folder, "folder.vtt"));
});
afterAll(() => rm(folder, { recursive: true }));

/** A copy to label: the recording is 2 s long, and holds a clap and a wave. */
async function take(): Promise<string> {
  const path = join(folder, `${Math.floor(performance.now() * 1e3)}.mcap`);
  await copyFile(whole, path);
  return path;
}

describe("labels of a recording", () => {
  it.each([
    ["--add", "knock@2.5s-3s", "a label within the recording (0.0 s to 2.0 s), got knock@2.5s-3s"],
    [
      "--add",
      "knock@1.5s-15s",
      "a label within the recording (0.0 s to 2.0 s), got knock@1.5s-15s",
    ],
    [
      "--add",
      "knock@2025-12-31T23:59:58Z-2025-12-31T23:59:59.5Z",
      "a label within the recording (0.0 s to 2.0 s), got knock@-2s--0.5s",
    ],
    ["--remove", "calp", "a label of the recording (clap, wave), got calp"],
    [
      "--remove",
      "clap@1.9s",
      "a label of the recording (clap, wave), got none of clap at that time",
    ],
    ["--remove", "@1.5s-1.9s", "a label of the recording (clap, wave), got none at that time"],
  ])("are refused: %s %s", async (flag, text, said) => {
    const path = await take();
    // What is right beside it is not done either.
    const result = await runHere(
      "label",
      path,
      "--remove",
      "wave",
      "--add",
      "wave@1s-2s",
      flag,
      text,
    );
    expect(result).toEqual({ code: 1, out: "", err: `${path}: expected ${said}\n` });
    expect(await readFile(path)).toEqual(await readFile(whole));
  });

  it("may end with the recording", async () => {
    const path = await take();
    const { out } = await runHere("label", path, "--add", "knock@1.5s-2s", "--remove", "clap");
    expect(out).toBe(`${path}: 2 labels, 1 added, 1 removed\n`);
  });

  it("are counted as people count", async () => {
    const path = await take();
    const { out } = await runHere("label", path, "--remove", "clap");
    expect(out).toBe(`${path}: 1 label, 1 removed\n`);
  });

  it("says of a folder that it is no file of labels", async () => {
    const path = await take();
    const { code, err } = await runHere("label", path, "--import", join(folder, "folder.vtt"));
    expect([code, err]).toEqual([
      1,
      `${join(folder, "folder.vtt")}: expected a file of labels, got a folder\n`,
    ]);
  });

  it("says that there are none to remove", async () => {
    const path = await take();
    await runHere("label", path, "--remove", "clap", "--remove", "wave");
    const { code, err } = await runHere("label", path, "--remove", "clap");
    expect([code, err]).toEqual([
      1,
      `${path}: expected a label of the recording (which has none), got clap\n`,
    ]);
  });

  it("are left out of a file where they lie outside, and that is said; a file of nothing else is refused", async () => {
    const path = await take();
    const film = join(folder, "film.csv");
    await writeFile(film, "from,to,label\n1.5,2.5,knock\n7,8,knock\n");
    const { out } = await runHere("label", path, "--import", film);
    expect(out).toBe(
      `${path}: 3 labels, 1 added, 1 left out, outside the recording (0.0 s to 2.0 s)\n`,
    );
    const { err } = await runHere("label", path, "--import", film, "--offset", "60");
    expect(err).toContain("(0.0 s to 2.0 s), got knock@61.5s-62.5s");
    expect((await logInfo(path)).labels).toHaveLength(3);
  });
});
