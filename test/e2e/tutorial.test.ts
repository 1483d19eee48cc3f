import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const MAIN = join(ROOT, "src/cli/main.ts");
const LOADER = pathToFileURL(createRequire(import.meta.url).resolve("tsx/esm")).href;

const hasFfmpeg = spawnSync("ffmpeg", ["-version"]).status === 0;
/** Training from recordings is a room of its own; without it the tutorial ends where training begins. */
const canTrain = spawnSync(process.execPath, ["--import", LOADER, MAIN, "train", "--help"], {
  encoding: "utf8",
}).stdout.includes("--recordings");
if (!hasFfmpeg) process.stderr.write("the tutorial is skipped: there is no ffmpeg here\n");
else if (!canTrain)
  process.stderr.write("the tutorial ends before training: train takes no --recordings\n");

/** The commands of the tutorial, line by line. */
const commands = (await readFile(join(ROOT, "docs/tutorial.md"), "utf8"))
  .split("```")
  .filter((block) => block.startsWith("sh\n"))
  .flatMap((block) => block.split("\n").slice(1))
  .filter((line) => line.trim() !== "");
const practice = commands.filter((line) => /^(ffmpeg|for) .*practice\./.test(line));
const rest = commands.filter((line) => !practice.includes(line));
const training = rest.findIndex((line) => line.startsWith("sensorium train"));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sensorium-tutorial-"));
  const installed = join(folder, "node_modules", "sensorium");
  await mkdir(installed, { recursive: true });
  await writeFile(join(folder, "package.json"), '{ "type": "module" }');
  // Installed it would be a build; here it is the sources.
  await writeFile(join(installed, "index.ts"), `export * from "${ROOT}src/index.ts";`);
  await writeFile(
    join(installed, "package.json"),
    '{ "type": "module", "exports": { ".": "./index.ts" } }',
  );
});
afterAll(() => rm(folder, { recursive: true }));

/** One line of the tutorial in a shell, where `sensorium` is this version. */
function shell(line: string): ChildProcess {
  // There is no device here: the film is the microphone and the camera.
  const here = line.replace(/--sensor (microphone|camera)/g, "--sensor $1:practice.mp4");
  const own = `sensorium() { '${process.execPath}' --import '${LOADER}' '${MAIN}' "$@"; }`;
  const port = here.replace(/^(sensorium run \S+)$/, "$1 --port 0");
  return spawn("bash", ["-c", `${own}\n${port}`], {
    cwd: folder,
    detached: true,
    env: { ...process.env, NO_COLOR: "1" },
    stdio: ["ignore", "pipe", "pipe"],
  });
}

async function follow(line: string): Promise<string> {
  const child = shell(line);
  const [out, err, [code]] = await Promise.all([
    child.stdout === null ? "" : text(child.stdout),
    child.stderr === null ? "" : text(child.stderr),
    once(child, "exit"),
  ]);
  if (code !== 0) throw new Error(`${line}\nexits with ${code}: ${err}`);
  return out;
}

/** Runs what ends with Ctrl-C only, until it has said something, and ends it. @returns All it said. */
async function until(line: string, wanted: RegExp): Promise<string> {
  const child = shell(line);
  const gone = once(child, "exit");
  let said = "";
  let seen = false;
  const watch = async (stream: NodeJS.ReadableStream | null): Promise<void> => {
    if (stream === null) return;
    for await (const told of createInterface({ input: stream })) {
      said += `${told}\n`;
      if (seen || !wanted.test(said)) continue;
      seen = true;
      // Ctrl-C goes to all that the terminal started.
      process.kill(-(child.pid ?? 0), "SIGINT");
    }
  };
  await Promise.all([watch(child.stdout), watch(child.stderr), gone]);
  expect(said).toMatch(wanted);
  return said;
}

describe.skipIf(!hasFfmpeg)("the tutorial", () => {
  it("leads from nothing to labelled takes", { timeout: 600_000 }, async () => {
    for (const line of practice) await follow(line);
    for (const line of rest.slice(0, training)) {
      if (line === "sensorium run noises") {
        const said = await until(
          line,
          /untrained[\s\S]*● audio +live[\s\S]*● video +live|untrained[\s\S]*● video +live[\s\S]*● audio +live/,
        );
        expect(said).toContain("dashboard");
      } else await follow(line);
    }
    expect(await follow("sensorium label first.mcap")).toContain("beep");
    expect(await follow("sensorium info recordings/noises/take-1.mcap")).toContain("labels    20");
  });

  it.skipIf(!canTrain)(
    "ends with a detector that is right about a take it has never met, and without either sensor",
    { timeout: 1_800_000 },
    async () => {
      expect(rest[training]).toBe(
        "sensorium train pipelines/noises --recordings recordings/noises",
      );
      await follow(rest[training] ?? "");
      for (const line of rest.slice(training + 1)) {
        if (line === "sensorium run noises") await until(line, /^(beep|knock) /m);
        else {
          const { eventF1 } = JSON.parse((await follow(line)).trim().split("\n").at(-1) ?? "");
          expect([line, eventF1 >= 0.8]).toEqual([line, true]);
        }
      }
    },
  );
});
