import { join } from "node:path";
import { firstValueFrom } from "rxjs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { SystemClock } from "../../src/clock/SystemClock.ts";
import type { PipelineRun } from "../../src/pipeline/PipelineRun.ts";
import { startPipeline } from "../../src/pipeline/startPipeline.ts";
import { pipelineFeed } from "../../src/server/pipelineFeed.ts";
import { Server } from "../../src/server/Server.ts";
import { type TinyPipeline, tinyPipeline } from "../support/tinyPipeline.ts";
import { runCommandLine } from "./runCommandLine.ts";

let tiny: TinyPipeline;
let run: PipelineRun;
let server: Server;
let ended: Promise<void>;
let log: string;

/** A log in which two versions were learnt. */
async function learn(): Promise<string> {
  const record = join(tiny.folder, "learnt.mcap");
  const online = { candidateEvery: 40, leastLearnt: 1, batch: 2, heldEvery: 1_000 };
  await using learning = await startPipeline(tiny.definition, {
    ...tiny.options,
    record,
    learn: { online: { ...online, gate: undefined as never }, truthEvery: 1 },
  });
  await learning.go();
  return record;
}

beforeAll(async () => {
  tiny = await tinyPipeline();
  log = await learn();
  run = await startPipeline(tiny.definition, {
    ...tiny.options,
    pace: "realtime",
    loop: true,
    learn: {},
  });
  server = await Server.start(pipelineFeed(run), { clock: new SystemClock(), port: 0 });
  ended = run.go();
  await firstValueFrom(run.moments);
}, 120_000);
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await run[Symbol.asyncDispose]();
  await ended;
  await tiny[Symbol.asyncDispose]();
});

describe("models and label, the commands", { timeout: 240_000 }, () => {
  it("list and compare the versions of a log", async () => {
    const { out } = await runCommandLine("models", "list", "--log", log, "--json");
    const { serving, versions } = JSON.parse(out) as {
      serving: string;
      versions: { version: string; base: string; parent?: string; isServing: boolean }[];
    };
    expect(versions.length).toBeGreaterThan(1);
    expect(versions.at(-1)).toMatchObject({ version: serving, isServing: true });
    expect(versions[1]?.parent).toBe(versions[0]?.version);
    expect(serving.startsWith(`${versions[0]?.version}+`)).toBe(true);

    const names = versions.slice(-2).map(({ version }) => version);
    const compared = await runCommandLine("models", "compare", ...names, "--log", log);
    expect(compared.out).toMatch(/^held /m);
    const unknown = await runCommandLine("models", "compare", "x", serving, "--log", log);
    expect(unknown.code).toBe(1);
    expect(unknown.err).toMatch(/expected one of .* got x/);
  });

  it("put a label on record, and say which classes there are where it is none", async () => {
    const label = firstValueFrom(run.labels);
    const flags = ["--ago", "2s", "--for", "0.5s", "--by", "anna", "--url", server.url];
    const { code } = await runCommandLine("label", "two", ...flags);
    expect(code).toBe(0);
    // The feed's own truth comes first now and then.
    expect(["anna", "truth"]).toContain((await label).by);
    const wrong = await runCommandLine("label", "seven", ...flags);
    expect(wrong.code).toBe(1);
    expect(wrong.err).toMatch(/expected one of the model's 3 classes, got seven/);
  });

  it("pin and unpin what a running pipeline serves, and say what cannot be gone back to", async () => {
    const { version } = run.model;
    const pinned = await runCommandLine("models", "pin", version, "--url", server.url);
    expect(pinned.out).toBe(`${version} serves, pinned\n`);
    expect(run.learning.report()).toMatchObject({ isPinned: true, serving: version });
    const unpinned = await runCommandLine("models", "unpin", "--url", server.url);
    expect(unpinned.out).toBe(`${version} serves\n`);
    const back = await runCommandLine("models", "rollback", "--url", server.url);
    expect(back.code).toBe(1);
    expect(back.err).toMatch(/was not learnt: there is nothing to go back to/);
  });
});
