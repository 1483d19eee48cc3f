import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { SystemClock } from "../../src/clock/SystemClock.ts";
import { borrowNumbers } from "../../src/frames/DType.ts";
import type { StreamDescription } from "../../src/frames/StreamDescription.ts";
import { hertz, millis } from "../../src/units.ts";
import { Inlet } from "../../src/wire/Inlet.ts";
import { freePort } from "../support/freePort.ts";
import { npyFile } from "../support/npyFile.ts";
import { Collected } from "../wire/support.ts";

const example = (name: string): string =>
  fileURLToPath(new URL(`../../sensors/examples/${name}`, import.meta.url));
const runs = (program: string, ...told: string[]): boolean => spawnSync(program, told).status === 0;
const skipped = (isThere: boolean, what: string): string =>
  isThere ? "" : ` (skipped: no ${what})`;

const imu: StreamDescription = {
  ...{ site: "desk", stream: "imu", modality: "sensor", dtype: "f32", shape: [3], unit: "m/s²" },
  ...{ rate: hertz(50), lateness: millis(0), idleTimeout: millis(250) },
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sensorium-examples-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Ends a process that the test started, and all that it started itself. */
async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const gone = once(child, "close");
  process.kill(-child.pid, "SIGTERM");
  await gone;
}

const hasPython = runs("python3", "-c", "import socket, gzip");
describe.skipIf(!hasPython)(`Python without a package${skipped(hasPython, "python3")}`, () => {
  const script = example("bare.py");

  it.each([
    ["rows.npy", (bytes: Uint8Array) => bytes],
    ["rows.npy.gz", (bytes: Uint8Array) => gzipSync(bytes)],
  ])(
    "publishes the rows of %s from the instant it is told, and says bye",
    async (name, packed) => {
      const rows = Float32Array.from({ length: 30 }, (_, i) => Math.fround(i / 7));
      const path = join(folder, name);
      await writeFile(path, packed(npyFile(rows, [10, 3])));
      const clock = new SystemClock();
      await using inlet = await Inlet.open({ streams: [imu], clock });
      const collected = new Collected(inlet);
      const start = clock.now();
      const told = [script, inlet.endpoint, "desk/imu", path, "50", String(start)];
      const [code] = await once(spawn("python3", told, { stdio: "inherit" }), "close");
      expect(code).toBe(0);
      await collected.until(({ messages }) => messages.at(-1)?.kind === "bye");
      const { frames } = collected;
      expect(frames.map(({ sequence }) => sequence)).toEqual(frames.map((_, i) => i));
      expect(frames.map(({ originTime }) => originTime - start)).toEqual(
        frames.map((_, i) => i * 20_000),
      );
      expect(frames.flatMap(({ payload }) => [...borrowNumbers(payload, "f32")])).toEqual([
        ...rows,
      ]);
      expect(inlet.counters.of("desk", "imu")).toMatchObject({ frames: 10, lost: 0, refused: {} });
    },
    180_000,
  );

  it("says so where nobody speaks ZeroMQ in clear", async () => {
    const path = join(folder, "one.npy");
    await writeFile(path, npyFile(new Float32Array(3), [1, 3]));
    const none = ["tcp://127.0.0.1:1", "desk/imu", path, "50"];
    expect(spawnSync("python3", [script, ...none]).status).not.toBe(0);
  });
});

const hasC = runs("cc", "--version") && existsSync("/usr/include/zmq.h");
describe.skipIf(!hasC)(`C${skipped(hasC, "C compiler with libzmq's header")}`, () => {
  it("publishes numbers, each a fiftieth of a second after the one before, and says bye", async () => {
    const program = join(folder, "publisher");
    const flags = ["-Wall", "-Wextra", "-Werror", "-std=gnu11"];
    const built = spawnSync(
      "cc",
      [...flags, example("publisher.c"), "-lzmq", "-lm", "-o", program],
      { encoding: "utf8" },
    );
    expect(built.stderr).toBe("");
    await using inlet = await Inlet.open({ streams: [imu], clock: new SystemClock() });
    const collected = new Collected(inlet);
    const child = spawn(program, [inlet.endpoint, "desk", "imu", "20"], { stdio: "inherit" });
    const [code] = await once(child, "close");
    expect(code).toBe(0);
    await collected.until(({ messages }) => messages.at(-1)?.kind === "bye");
    const { frames } = collected;
    expect(frames).toHaveLength(20);
    const first = frames[0]?.originTime ?? 0;
    for (const [i, { originTime, payload }] of frames.entries()) {
      expect(originTime - first).toBe(i * 20_000);
      const [x] = borrowNumbers(payload, "f32");
      expect(x).toBeCloseTo(Math.sin((2 * Math.PI * i) / 50), 5);
    }
    expect(inlet.counters.of("desk", "imu")).toMatchObject({ frames: 20, lost: 0, refused: {} });
    expect(spawnSync(program, []).status).toBe(2);
  }, 180_000);
});

const hasNetcat = spawnSync("nc", ["-h"], { encoding: "utf8" }).stderr?.includes("-k") === true;
describe.skipIf(!hasNetcat)(`a shell${skipped(hasNetcat, "OpenBSD's netcat")}`, () => {
  it("bridges lines of numbers from a socket by netcat", async () => {
    const main = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
    await using inlet = await Inlet.open({ streams: [imu], clock: new SystemClock() });
    const collected = new Collected(inlet);
    const port = await freePort();
    const told = [example("bridge.sh"), inlet.endpoint, String(port), "imu", "3", "50"];
    const child = spawn("sh", told, {
      stdio: ["ignore", "inherit", "inherit"],
      env: { ...process.env, SENSORIUM: `${process.execPath} --import tsx ${main}` },
      detached: true,
    });
    try {
      // netcat listens some time after the shell has begun.
      for (let isThere = false; !isThere; ) {
        const socket = connect(port, "127.0.0.1");
        isThere = await Promise.race([
          once(socket, "connect").then(() => true),
          once(socket, "error").then(() => false),
        ]).catch(() => false);
        if (isThere) socket.end("1 2 3\n4,5,6\n");
      }
      await collected.until(({ frames }) => frames.length === 2);
      const rows = collected.frames.map(({ payload }) => [...borrowNumbers(payload, "f32")]);
      expect(rows).toEqual([
        [1, 2, 3],
        [4, 5, 6],
      ]);
    } finally {
      await end(child);
    }
  }, 180_000);
});
