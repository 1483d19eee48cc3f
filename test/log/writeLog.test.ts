import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { readLog } from "../../src/log/readLog.ts";
import { writeLog } from "../../src/log/writeLog.ts";
import { micros } from "../../src/units.ts";
import { all, label, smallLog, stream } from "./smallLog.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sensorium-write-"));
});
afterAll(() => rm(folder, { recursive: true }));

const records = smallLog([stream("a"), stream("b")]);

describe("writeLog", () => {
  it("writes what is read again, the same bytes each time", async () => {
    const [one, two] = [join(folder, "one.mcap"), join(folder, "two.mcap")];
    expect(await writeLog(one, records, { metadata: { pipeline: "p" } })).toBe(records.length);
    await writeLog(two, records, { metadata: { pipeline: "p" } });
    expect(await readFile(one)).toEqual(await readFile(two));
    expect(await all(readLog(one))).toEqual(records);
  });

  it("refuses a file that is there, and replaces it where it shall", async () => {
    const path = join(folder, "there.mcap");
    await writeFile(path, "mine");
    await expect(writeLog(path, records)).rejects.toThrow("expected no file there");
    expect(await readFile(path, "utf8")).toBe("mine");
    await writeLog(path, records, { existing: "replace" });
    expect(await all(readLog(path))).toHaveLength(records.length);
  });

  it("leaves the old file and nothing else where the records fail half way", async () => {
    const path = join(folder, "kept.mcap");
    await writeFile(path, "mine");
    function* failing() {
      yield* records.slice(0, 9);
      throw new Error("no more");
    }
    await expect(writeLog(path, failing(), { existing: "replace" })).rejects.toThrow("no more");
    expect(await readFile(path, "utf8")).toBe("mine");
    expect(existsSync(`${path}.part`)).toBe(false);
  });

  it("waits for the disk whatever its records are made of", async () => {
    const path = join(folder, "big.mcap");
    const text = "a".repeat(200_000);
    const [first] = records;
    function* labels() {
      for (let i = 0; i < 340; i++)
        yield {
          kind: "LABEL" as const,
          logTime: first?.logTime ?? micros(0),
          label: label(`${i}${text}`, 0, 1),
        };
    }
    expect(await writeLog(path, labels())).toBe(340);
    expect(await all(readLog(path))).toHaveLength(340);
  });

  it("refuses records whose log times go back", async () => {
    const path = join(folder, "back.mcap");
    await expect(writeLog(path, records.toReversed())).rejects.toThrow("never go back");
    expect(existsSync(path)).toBe(false);
  });
});
