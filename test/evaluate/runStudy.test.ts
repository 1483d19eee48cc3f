import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { SystemClock } from "../../src/clock/SystemClock.ts";
import { runStudy, type StudyRunOptions } from "../../src/evaluate/runStudy.ts";
import { writeResults } from "../../src/evaluate/writeResults.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sensorium-study-"));
});
afterEach(() => rm(folder, { recursive: true }));

const run = (options: Partial<StudyRunOptions> = {}) =>
  runStudy({
    module: new URL("./support/coinStudy.ts", import.meta.url),
    data: "synthetic",
    split: "dev",
    seeds: 3,
    jobs: 2,
    threads: 1,
    cache: join(folder, "cache"),
    resume: false,
    clock: new SystemClock(),
    onProgress: () => {},
    ...options,
  });

describe("runStudy", () => {
  it("gives mean and deviation over the seeds, variants named after the @", async () => {
    const { metrics } = await run();
    expect(Object.keys(metrics)).toEqual([
      "heads/left->right",
      "heads/both@wind",
      "heads/left->right@fixed",
      "heads/left->right@lost",
    ]);
    expect(metrics["heads/left->right"]?.mean).toBeCloseTo(0.2, 12);
    expect(metrics["heads/left->right"]?.std).toBeCloseTo(0.1, 12);
    expect(metrics["heads/left->right@fixed"]).toEqual({ mean: 1, std: 0 });
  });

  it("tells which trial failed and keeps the figures of the others", async () => {
    const { failures, results } = await run();
    expect(failures).toHaveLength(1);
    expect(failures[0]).toMatch(/^lost, seed 2: .*expected a coin/);
    expect(results).toHaveLength(6); // 3 of the method, 1 of fixed, 2 of lost
  });

  it("takes finished trials over only when asked to", async () => {
    await run();
    const lines: string[] = [];
    const onProgress: StudyRunOptions["onProgress"] = ({ line }) => lines.push(line);
    const again = await run({ resume: true, onProgress });
    expect(lines[0]).toBe("6 taken over from an earlier run");
    expect(lines.filter((line) => line.startsWith("method"))).toEqual([]);
    expect(again.metrics["heads/left->right"]?.mean).toBeCloseTo(0.2, 12);

    lines.length = 0;
    await run({ onProgress });
    expect(lines.filter((line) => line.includes("method") && line.includes(" in "))).toHaveLength(
      3,
    );
  });

  it("sums up what is finished without running anything, where asked to", async () => {
    expect((await run({ onlyFinished: true })).results).toEqual([]);
    await run({ variants: ["fixed"] });
    const { results, metrics } = await run({ onlyFinished: true });
    expect(results.map(({ variant }) => variant)).toEqual(["fixed"]);
    expect(metrics["heads/left->right@fixed"]).toEqual({ mean: 1, std: 0 });
  });

  it("runs only the variants that are named", async () => {
    const { results } = await run({ variants: ["method"] });
    expect(results.map(({ variant, seed }) => `${variant}:${seed}`)).toEqual([":1", ":2", ":3"]);
    await expect(run({ variants: ["heads"] })).rejects.toThrow(
      /expected of method, fixed, patience, lost, got heads/,
    );
  });

  it("runs the method with every seed first, and what is long only where it is named", async () => {
    const { results } = await run();
    expect(results.map(({ variant, seed }) => `${variant}:${seed}`)).toEqual([
      ":1",
      ":2",
      ":3",
      "fixed:1",
      "lost:1",
      "lost:3",
    ]);
    const asked = await run({ variants: ["patience"] });
    expect(asked.results.map(({ variant }) => variant)).toEqual(["patience"]);
    // Once finished, it counts among what there is.
    const { metrics } = await run({ onlyFinished: true });
    expect(metrics["heads/left->right@patience"]).toEqual({ mean: 0.5, std: 0 });
  });

  it("refuses a set that the study does not know", async () => {
    await expect(run({ data: folder })).rejects.toThrow(/expected a data set with a meta.json/);
  });

  it("writes a page with a table and a plot per kind of figure, and the figures as JSON", async () => {
    const report = await run();
    await writeResults({ folder: join(folder, "results"), report, split: "dev", seeds: 3 });
    const files = await readdir(join(folder, "results"));
    expect(files.sort()).toEqual([
      "README.md",
      "coin-synthetic-heads.svg",
      "coin-synthetic.md",
      "data",
    ]);
    expect(await readFile(join(folder, "results", "README.md"), "utf8")).toContain(
      "| [synthetic](coin-synthetic.md) | right, told by left | 0.200 ± 0.100 | fixed 1.000 | dev, 3 seeds |",
    );
    const page = await readFile(join(folder, "results", "coin-synthetic.md"), "utf8");
    expect(page).toContain("| coin | 0.200 ± 0.100 |");
    expect(page).toContain("| fixed | 1.000 |");
    expect(page).toContain("npm run evaluate -- coin --data synthetic --split dev --seeds 3");
    expect(page).toContain("## heads, wind");
    expect(page).toContain("* **lost**: rolls under the table");
    const figures: unknown = JSON.parse(
      await readFile(join(folder, "results", "data", "coin-synthetic.json"), "utf8"),
    );
    expect(figures).toMatchObject({ evaluate: "coin", set: "synthetic", split: "dev", seeds: 3 });
  });

  it("says on the page which variants were not run, and how many seeds there really are", async () => {
    const report = await run({ seeds: 1, variants: ["method"] });
    const results = join(folder, "part");
    await writeResults({ folder: results, report, split: "dev", seeds: 5 });
    const page = await readFile(join(results, "coin-synthetic.md"), "utf8");
    expect(page).toContain("Tested on `dev`, 1 seed. Written by");
    expect(page).toContain(
      "more variants, which were not run for this page: fixed, patience, lost.",
    );
    expect(await readFile(join(results, "README.md"), "utf8")).toContain("| dev, 1 seed |");
  });
});
