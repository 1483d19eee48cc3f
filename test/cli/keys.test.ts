import { chmodSync, existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";

import {
  curveOptions,
  readAllowList,
  readKeyFile,
  readPublicKey,
  writeKeyFiles,
} from "../../src/cli/keyFiles.ts";
import { recordFeed } from "../../src/pipeline/recordFeed.ts";
import { startPipeline } from "../../src/pipeline/startPipeline.ts";
import { makeCurveKeys } from "../../src/wire/CurveKeys.ts";
import { tinyPipeline } from "../support/tinyPipeline.ts";
import { runCommandLine } from "./runCommandLine.ts";

const folder = mkdtempSync(join(tmpdir(), "sensorium-keys-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("sensorium keys", () => {
  it("writes a secret for its owner alone and a public key for others", {
    timeout: 60_000,
  }, async () => {
    const file = join(folder, "pipeline.key");
    const { code, out } = await runCommandLine("keys", file, "--json");
    expect(code).toBe(0);
    const { publicKey } = JSON.parse(out);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readKeyFile(file).publicKey).toBe(publicKey);
    expect(readPublicKey(`${file}.pub`)).toBe(publicKey);
    expect(readPublicKey(publicKey)).toBe(publicKey);
    expect(() => writeKeyFiles(file, makeCurveKeys())).toThrow("got one that exists");
  });

  it("leaves no secret behind where its public key has no place", () => {
    const file = join(folder, "half.key");
    writeFileSync(`${file}.pub`, "somebody's");
    expect(() => writeKeyFiles(file, makeCurveKeys())).toThrow("half.key.pub: expected a new file");
    expect(existsSync(file)).toBe(false);
  });

  it("refuses a secret that others can read", () => {
    const file = join(folder, "open.key");
    writeKeyFiles(file, makeCurveKeys());
    chmodSync(file, 0o644);
    expect(() => readKeyFile(file)).toThrow(`chmod 600 ${file}`);
  });

  it("reads a list of names by key, and names the line that is none", () => {
    const file = join(folder, "allowed");
    const [a, b] = [makeCurveKeys().publicKey, makeCurveKeys().publicKey];
    writeFileSync(file, `# who may come in\n${a} kitchen camera\n\n${b}\n`);
    expect([...readAllowList(file)]).toEqual([
      [a, "kitchen camera"],
      [b, "line 4"],
    ]);
    writeFileSync(file, `${a}\nnonsense\n`);
    expect(() => readAllowList(file)).toThrow("line 2: expected a public key, got nonsense");
  });
});

describe("a recording that encrypts", () => {
  it("takes its own sensors in, though its list is empty", { timeout: 60_000 }, async () => {
    await using tiny = await tinyPipeline(1);
    const file = join(folder, "encrypted.mcap");
    const { feed, sensors } = tiny.options;
    const curve = { keys: makeCurveKeys(), allowed: new Map<string, string>() };
    const { frames, refused } = await recordFeed(
      tiny.definition,
      {
        file,
        feed,
        sensors,
        seed: 1,
        without: [],
        curve,
        bind: "tcp://0.0.0.0:*",
        once: ["a", "b"],
      },
      new AbortController().signal,
    );
    expect(refused).toBe(0);
    expect(frames["a"]).toBeGreaterThan(0);
    expect(() => curveOptions({ allow: "list" })).toThrow("expected --curve-secret with it");
  });
});

describe("a pipeline that encrypts", () => {
  it("runs its own sensors on keys of their own, though its list is empty", {
    timeout: 60_000,
  }, async () => {
    await using tiny = await tinyPipeline(1);
    const curve = { keys: makeCurveKeys(), allowed: new Map<string, string>() };
    const bind = "tcp://0.0.0.0:*";
    await using run = await startPipeline(tiny.definition, {
      ...tiny.options,
      curve,
      control: bind,
    });
    const problems: string[] = [];
    run.problems.subscribe(({ text }) => problems.push(text));
    await run.go();
    expect(run.counters().moments).toBe(25);
    expect(problems).toEqual([]);
  });
});
