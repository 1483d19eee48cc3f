import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { LineFile, linesIn } from "../../src/cli/LineFile.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sensorium-lines-"));
});
afterAll(() => rm(folder, { recursive: true }));

describe("a file of lines", () => {
  it("is written, and gone on with after some of its lines", async () => {
    const path = join(folder, "lines");
    const first = await LineFile.open(path);
    for (const line of ["a\n", "b\n", "c"]) first.write(line);
    await first.close();
    expect(await linesIn(path)).toEqual({ lines: 2, end: 4 });
    const second = await LineFile.open(path, 1);
    second.write("d\n");
    await second.close();
    expect(await readFile(path, "utf8")).toBe("a\nd\n");
  });

  it("says at once that it cannot be written", async () => {
    await expect(LineFile.open(join(folder, "no", "such"))).rejects.toThrow("ENOENT");
  });

  it.skipIf(!existsSync("/dev/full"))("says when it is closed that the disk was full", async () => {
    const file = await LineFile.open("/dev/full");
    file.write("a\n");
    await new Promise(setImmediate);
    file.write("b\n");
    await expect(file.close()).rejects.toThrow("ENOSPC");
  });
});
