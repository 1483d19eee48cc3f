import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { begunFile } from "../../src/log/begunFile.ts";
import { segmentName } from "../../src/log/segments.ts";
import { writeLog } from "../../src/log/writeLog.ts";
import { smallLog, stream } from "./smallLog.ts";

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "sensorium-begun-"));
});
afterAll(() => rm(root, { recursive: true }));

/** The first bytes of an MCAP file, not all of its mark. */
const START = Uint8Array.of(0x89, 0x4d, 0x43);

describe("a log that may have begun", () => {
  it.each([
    ["no file", undefined],
    ["an empty file", new Uint8Array(0)],
    ["the start of a file", START],
  ])("has not with %s", async (name, content) => {
    const path = join(root, `${name}.mcap`);
    if (content !== undefined) await writeFile(path, content);
    expect(await begunFile(path)).toBeUndefined();
  });

  it("has with a log, and with anything else, which whoever reads it will refuse", async () => {
    const [log, diary] = [join(root, "log.mcap"), join(root, "diary.mcap")];
    await writeLog(log, smallLog([stream("a")]));
    await writeFile(diary, "diary");
    expect(await begunFile(log)).toBe(log);
    expect(await begunFile(diary)).toBe(diary);
  });

  it("has with the newest segment that was written to", async () => {
    const folder = join(root, "site");
    await mkdir(folder);
    expect(await begunFile(folder)).toBeUndefined();
    const first = join(folder, segmentName(1));
    await writeLog(first, smallLog([stream("a")]));
    await writeFile(join(folder, segmentName(2)), "");
    expect(await begunFile(folder)).toBe(first);
  });
});
