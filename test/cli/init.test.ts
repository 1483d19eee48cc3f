import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { runCommandLineIn } from "./runCommandLine.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** A folder of somebody's own, with sensorium installed. */
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sensorium-init-"));
  const installed = join(folder, "node_modules", "sensorium");
  await mkdir(installed, { recursive: true });
  // Installed it would be a build; here it is the sources.
  await writeFile(join(installed, "index.ts"), `export * from "${ROOT}src/index.ts";`);
  await writeFile(
    join(installed, "package.json"),
    '{ "type": "module", "exports": { ".": "./index.ts" } }',
  );
});
afterAll(() => rm(folder, { recursive: true }));

const sensorium = (...args: readonly string[]) => runCommandLineIn(folder, ...args);
const made = [
  ...["init", "claps", "--labels", "clap,wave"],
  ...["--sensor", "microphone", "--sensor", "camera", "--sensor", "wrist=synthetic,shape=3"],
];

describe("sensorium init", { timeout: 120_000 }, () => {
  it("writes a pipeline into the current folder, and says what comes next", async () => {
    const { code, out } = await sensorium(...made);
    expect(code).toBe(0);
    expect(out).toMatch(/^pipelines\/claps\/pipeline\.(ts|mjs): audio, video, wrist; clap, wave\n/);
    expect(out).toContain("npx sensorium record recordings/claps/take-1.mcap claps --for 60");
    expect(out).toContain("npx sensorium train pipelines/claps --recordings recordings/claps");
  });

  it("writes what type-checks as TypeScript against this version's library", async () => {
    const source = (await pipelineOf("claps")).replace('"sensorium"', '"../../src/index.ts"');
    expect(source).toContain('"../../src/index.ts"');
    const name = `init-test-${process.pid}`;
    const place = join(ROOT, "pipelines", name);
    await mkdir(place);
    try {
      await writeFile(join(place, "pipeline.ts"), source);
      const file = join("pipelines", name, "pipeline.ts");
      const options = JSON.parse(await readFile(join(ROOT, "tsconfig.json"), "utf8"));
      const config = join(place, "tsconfig.json");
      const { compilerOptions } = options;
      await writeFile(
        config,
        JSON.stringify({
          compilerOptions: { ...compilerOptions, noEmit: true, rootDir: ROOT, types: ["node"] },
          files: [join(ROOT, file)],
        }),
      );
      const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
      const checked = spawnSync(process.execPath, [tsc, "-p", config], { encoding: "utf8" });
      expect([checked.status, checked.stdout]).toEqual([0, ""]);
    } finally {
      await rm(place, { recursive: true });
    }
  });

  it("refuses a name that is taken, a name that is none, and labels that mean nothing", async () => {
    expect((await sensorium(...made)).err).toContain("expected a new name, got claps");
    const other = (name: string, labels: string) =>
      sensorium("init", name, "--sensor", "microphone", "--labels", labels);
    expect((await other("Claps!", "a")).err).toContain("small letters, digits and dashes");
    expect((await other("more", "a,a")).err).toContain("different names");
    expect((await other("more", "nothing")).err).toContain("and not nothing");
  });

  it("says which flags it needs where nobody can be asked", async () => {
    const { code, err } = await sensorium("init", "more", "--sensor", "camera");
    expect([code, err]).toEqual([1, expect.stringContaining("--labels clap,wave")]);
  });

  it("says what to do where a sensor cannot tell what it gives", async () => {
    const args = ["init", "more", "--sensor", "nmea:/dev/ttyUSB0", "--labels", "a"];
    expect((await sensorium(...args)).err).toMatch(/expected (nmea,option=value|shape and rate)/);
  });
});

describe("a pipeline of somebody's own", { timeout: 240_000 }, () => {
  it("runs untrained, from its folder, on its sensors or on a recording of them", async () => {
    const args = ["--sensor", "wrist=synthetic,shape=3,seconds=2", "--labels", "jolt"];
    expect((await sensorium("init", "jolts", ...args)).code).toBe(0);
    const record = await sensorium(
      ...["record", "take.mcap", "jolts", "--sensor", "wrist=synthetic,seconds=2", "--once"],
    );
    expect([record.code, record.out]).toEqual([0, expect.stringContaining("200 frames of wrist")]);
    await sensorium("label", "take.mcap", "--add", "jolt@0.5s-0.9s");
    const ran = await sensorium(
      ...["run", "jolts", "--once", "--json", "--recording", "take.mcap", "--record", "run.mcap"],
    );
    expect(ran.err).toMatch(/^untrained: jolts has no weights yet/);
    expect(JSON.parse(ran.out)).toMatchObject({
      ...{ pipeline: "jolts", model: "jolts-untrained", events: [] },
      readings: expect.any(Number),
    });
    const replayed = await sensorium("replay", "run.mcap", "--verify", "--json");
    expect(JSON.parse(replayed.out)).toMatchObject({ verified: true });
    const scored = await sensorium("evaluate", "pipelines/jolts", "--json");
    expect(scored.code).toBe(1);
  });
});

async function pipelineOf(name: string): Promise<string> {
  const base = join(folder, "pipelines", name, "pipeline");
  return readFile(`${base}.ts`, "utf8").catch(() => readFile(`${base}.mjs`, "utf8"));
}
