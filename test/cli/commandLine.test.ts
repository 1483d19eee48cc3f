import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { closest } from "../../src/cli/closest.ts";
import { logInfo } from "../../src/log/logInfo.ts";
import { DEMO, processArguments, runCommandLine, runHere } from "./runCommandLine.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sensorium-line-"));
});
afterAll(() => rm(folder, { recursive: true }));

describe("the command line", { timeout: 120_000 }, () => {
  it("says its version", async () => {
    const { version } = JSON.parse(
      readFileSync(new URL("../../package.json", import.meta.url), "utf8"),
    );
    expect(await runHere("--version")).toEqual({ code: 0, out: `${version}\n`, err: "" });
  });

  it("takes options by npm run as by itself", async () => {
    const { scripts } = JSON.parse(
      readFileSync(new URL("../../package.json", import.meta.url), "utf8"),
    );
    const told: string[] = scripts.sensorium.split(" ").slice(2);
    const { code, out } = await runHere(...told, "info", "--help");
    expect([code, out]).toEqual([0, expect.stringContaining("Usage: sensorium info")]);
  });

  it("says what was most likely meant by a name that is none", async () => {
    expect(await runHere("recrod", "x.mcap")).toEqual({
      ...{ code: 1, out: "" },
      err: "sensorium: expected a command or a pipeline, got recrod: is record meant?\n",
    });
    const far = await runHere("unheard-of");
    expect([far.code, far.err]).toEqual([1, expect.stringMatching(/^pipeline: expected one of /)]);
  });

  it("tells each mistake in one line, without a stack, and by its exit code", async () => {
    const there = join(folder, "there.mcap");
    await writeFile(there, "mine");
    const none = join(folder, "none.mcap");
    const empty = join(folder, "empty.mcap");
    await writeFile(empty, "");
    const prose = join(folder, "prose.txt");
    await writeFile(prose, "no label here\n");
    const mistakes: [line: string[], said: RegExp][] = [
      [["info", none], /none\.mcap: expected a readable log file, got no such file/],
      [["info", folder], /expected a log file or a folder of segments, got a folder without any/],
      [["cut", DEMO, there], /there\.mcap: expected no file there, got one/],
      [["record", there, "--for", "1"], /expected a file to write the log to, got one that exists/],
      [["explain", "--log", DEMO], /explain: expected a row of the log/],
      [["replay", DEMO, "--readings", join(folder, "no", "x")], /x: expected .* no such file/],
      [["run", "talking-fac"], /got talking-fac: is talking-face meant\?/],
      [["replay", DEMO, "--from", "3s", "--to", "1s"], /expected --from before --to/],
      [["replay", DEMO, "--from", "99s"], /recording\.mcap: expected .* within the recording/],
      [["replay", DEMO, "--with", "nose"], /expected one of its streams .*text, got nose/],
      [["replay", DEMO, "--speed", "0"], /expected a number > 0 or max, got 0 \(--help/],
      [["replay", DEMO, "--spede", "1"], /unknown option '--spede' .*--speed.*\(--help/],
      [["help", "recrod"], /help: expected a command, got recrod/],
      [["cut", DEMO, join(folder, "no.mcap"), "--from", "99s"], /expected .* within/],
      [["info", empty], /empty\.mcap: expected an MCAP file, got an empty file/],
      [["label", DEMO, "--import", join(folder, "no.vtt")], /no\.vtt: expected .* no such file/],
      [["label", DEMO, "--import", prose], /prose\.txt: expected a label on each line/],
      [["import", DEMO, "--out", join(folder, "out.mcap")], /got a log of sensorium/],
      [["import", "none.csv", "--out", join(folder, "out.mcap")], /none\.csv: expected a readable/],
      [["export", "digits", "--out", folder, "--weights", prose], /prose\.txt: expected a model's/],
      [["sense", "microphnoe", "--connect", "tcp://127.0.0.1:1"], /expected one of .*microphone/],
      [["top", "--once", "--url", "http://127.0.0.1:9"], /expected a running pipeline/],
      [["label", none, "--list"], /none\.mcap: expected a readable log file/],
      [["import", none, "--out", join(folder, "out.mcap")], /none\.mcap: expected a readable file/],
      [["export", DEMO, join(folder, "x.doc")], /x\.doc: expected \.mcap/],
    ];
    for (const [line, said] of mistakes) {
      const { code, out, err } = await runHere(...line);
      expect([line, code, out]).toEqual([line, 1, ""]);
      expect(err).toMatch(said);
      expect(err.trim().split("\n")).toHaveLength(1);
    }
  });

  it("says that there is nothing to repair in an empty file, and leaves it empty", async () => {
    const nothing = join(folder, "nothing.mcap");
    await writeFile(nothing, "");
    expect(await runHere("repair", nothing)).toEqual({
      ...{ code: 3, out: "" },
      err: `${nothing}: expected a log, got an empty file: there is nothing to repair in it\n`,
    });
    expect((await stat(nothing)).size).toBe(0);
  });

  it("tells in one line why a pipeline of the reader's own cannot be read", async () => {
    const path = join(folder, "broken", "pipeline.mjs");
    await mkdir(join(folder, "broken"));
    await writeFile(path, 'import "nonesuch";\nexport default {};\n');
    const { code, err } = await runCommandLine("run", join(folder, "broken"), "--once");
    expect(err).toMatch(
      /^.*pipeline.mjs: expected a module that loads, got Cannot find .*nonesuch.*\n$/,
    );
    expect(code).toBe(1);
  });

  it("refuses a port that is none before anything is started", async () => {
    const { code, err } = await runHere("run", "--port", "70000");
    expect(code).toBe(1);
    expect(err).toContain("expected a port up to 65535, got 70000");
  });

  it("leaves nothing behind when it is interrupted while it writes", async () => {
    const out = join(folder, "long.mcap");
    const before = process.listenerCount("SIGINT");
    const sensor = "synthetic,shape=64,rate=1000,signal=noise";
    const going = runHere("record", "--once", "--sensor", sensor, "--out", out);
    await expect.poll(() => process.listenerCount("SIGINT"), { timeout: 60_000 }).toBe(before + 1);
    process.emit("SIGINT", "SIGINT");
    const { code, err } = await going;
    expect([code, err.split("\n").at(-2)]).toEqual([130, "stopped"]);
    await expect(logInfo(out)).rejects.toThrow("no such file");
    await expect(logInfo(`${out}.part`)).rejects.toThrow("no such file");
  });

  it.each([
    ["cut", DEMO, "part.mcap"],
    ["export", DEMO, "shown.mcap"],
    ["export", DEMO, "sound.wav", "--stream", "audio"],
    ["export", DEMO, "film.mkv", "--stream", "video"],
    ["export", DEMO, "frames.csv", "--stream", "audio"],
  ])("leaves nothing behind where %s %s %s is interrupted", async (command, log, name, ...rest) => {
    const started = (event: string | symbol): void => {
      if (event !== "SIGINT") return;
      process.off("newListener", started);
      setImmediate(() => process.emit("SIGINT", "SIGINT"));
    };
    process.on("newListener", started);
    const { code, err } = await runHere(command, log, join(folder, name), ...rest);
    process.off("newListener", started);
    expect([code, err]).toEqual([130, "stopped\n"]);
    expect((await readdir(folder)).filter((found) => found.startsWith(name))).toEqual([]);
  });

  it("closes the recording of a run that nobody reads any more", async () => {
    const log = join(folder, "read.mcap");
    const child = spawn(process.execPath, processArguments("run", "--port", "0", "--record", log), {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const gone = once(child, "exit");
    await once(createInterface({ input: child.stdout }), "line");
    child.stdout.destroy();
    expect(await gone).toEqual([0, null]);
    expect(await logInfo(log)).toMatchObject({ closed: true });
  });
});

describe("closest", () => {
  it.each([
    ["recrod", "record"],
    ["inf", "info"],
    ["replya", "replay"],
    ["explian", "explain"],
  ])("takes %s for %s", (said, name) => {
    expect(closest(said, ["record", "info", "replay", "explain"])).toBe(name);
  });

  it("takes nothing for what is like nothing", () => {
    expect(closest("xyz", ["run", "top"])).toBeUndefined();
    expect(closest("to", [])).toBeUndefined();
    expect(closest("ab", ["cd"])).toBeUndefined();
  });
});
