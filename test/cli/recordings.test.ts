import { copyFile, mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { DEMO, runCommandLine } from "./runCommandLine.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sensorium-cli-"));
});
afterAll(() => rm(folder, { recursive: true }));

describe("sensorium info", () => {
  it("says what a recording holds, for people", async () => {
    const { code, out } = await runCommandLine("info", DEMO);
    expect(code).toBe(0);
    expect(out).toMatch(/^37\.7 s, 1836 kB, closed\n/);
    expect(out).toMatch(/^audio +3772 +3772 +1207 kB +0\.00 +37\.71 +100\.0 {2}i16\[160\] PCM$/m);
    expect(out).toContain("labels    84 by truth");
  });

  it("says the same for programs", async () => {
    const { out } = await runCommandLine("info", DEMO, "--json");
    const info = JSON.parse(out);
    expect(info).toMatchObject({ file: DEMO, closed: true, records: { CONFIG: 1, CLOSED: 3 } });
    expect(info.streams.video).toMatchObject({ frames: 943, description: { shape: [20, 28] } });
    expect(info.labels).toHaveLength(84);
  });

  it("says in one line what is wrong with a file that is no log", async () => {
    const file = join(folder, "no.mcap");
    await writeFile(file, "not a log at all");
    const { code, out, err } = await runCommandLine("info", file);
    expect([code, out]).toEqual([1, ""]);
    expect(err).toMatch(/^[^\n]*no\.mcap: an MCAP file expected[^\n]*\n$/);
  });
});

describe("sensorium repair", () => {
  it("closes a torn log, then finds nothing wrong with it", async () => {
    const file = join(folder, "torn.mcap");
    await copyFile(DEMO, file);
    await truncate(file, 1_000_000);
    const before = await runCommandLine("info", file);
    expect(before.out).toContain("run sensorium repair");

    const first = await runCommandLine("repair", file, "--json");
    expect(first.code).toBe(1);
    const { state, records, droppedBytes } = JSON.parse(first.out);
    expect(state).toBe("repaired");
    expect(droppedBytes).toBeGreaterThan(0);
    expect(records).toBeGreaterThan(2_000);

    const second = await runCommandLine("repair", file, "--json");
    expect(second.code).toBe(0);
    expect(JSON.parse(second.out)).toEqual({ file, state: "fine", records, droppedBytes: 0 });
  });

  it("leaves what is no log alone and exits with 3", async () => {
    const file = join(folder, "other.mcap");
    await writeFile(file, "somebody's diary");
    const { code, err } = await runCommandLine("repair", file);
    expect(code).toBe(3);
    expect(err).toContain("an MCAP file expected");
  });
});
