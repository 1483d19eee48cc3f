import { spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import { filter, firstValueFrom, take, toArray } from "rxjs";
import { describe, expect, it } from "vitest";

import { DrivenClock } from "../../src/clock/DrivenClock.ts";
import { SystemClock } from "../../src/clock/SystemClock.ts";
import { SensorProcess, type SensorStatus } from "../../src/pipeline/SensorProcess.ts";
import { micros, millis } from "../../src/units.ts";
import { ControlServer } from "../../src/wire/ControlServer.ts";
import { Inlet } from "../../src/wire/Inlet.ts";
import { audio, Collected } from "../wire/support.ts";

const sensors = fileURLToPath(new URL("./sensors", import.meta.url));
const half = (): number => 0.5;

type Live = Extract<SensorStatus, { state: "live" }>;

function reached<S extends SensorStatus["state"]>(
  process: SensorProcess,
  state: S,
): Promise<Extract<SensorStatus, { state: S }>> {
  const isIt = (status: SensorStatus): status is Extract<SensorStatus, { state: S }> =>
    status.state === state;
  return firstValueFrom(process.status.pipe(filter(isIt)));
}

/** Whether a process is still there. */
function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** A pipeline's two sockets on the machine's clock. */
async function pipeline() {
  const clock = new SystemClock();
  const inlet = await Inlet.open({ streams: [audio], clock });
  const control = await ControlServer.open({ clock, clockKind: "system" });
  const common = {
    kind: "counter",
    description: audio,
    connect: inlet.endpoint,
    control: control.endpoint,
    sensors,
    random: half,
    firstWait: millis(10),
  };
  return {
    clock,
    inlet,
    common,
    collected: new Collected(inlet),
    async [Symbol.asyncDispose]() {
      await control[Symbol.asyncDispose]();
      await inlet[Symbol.asyncDispose]();
    },
  };
}

describe("SensorProcess", () => {
  it("is unplugged by SIGKILL and rejoins at now, as another epoch", async () => {
    await using line = await pipeline();
    const origin = line.clock.now();
    await using sensor = new SensorProcess({ ...line.common, options: {}, origin });
    sensor.start();
    sensor.start();
    const first: Live = await reached(sensor, "live");
    await line.collected.until(({ frames }) => frames.length >= 5);
    await sensor.stop();
    expect(sensor.current).toEqual({ state: "stopped" });
    expect(lives(first.pid)).toBe(false);

    const before = line.clock.now();
    sensor.start();
    const second: Live = await reached(sensor, "live");
    await line.collected.until(({ frames }) => frames.at(-1)?.epoch === second.epoch);
    const rejoined = line.collected.frames.find(({ epoch }) => epoch === second.epoch);
    expect(second.epoch).toBeGreaterThan(first.epoch);
    expect(rejoined?.sequence).toBe(0);
    expect(rejoined?.originTime).toBeGreaterThanOrEqual(before);
  });

  it("is started again when it dies, and tells why it died", async () => {
    await using line = await pipeline();
    await using sensor = new SensorProcess({ ...line.common, options: { dieAt: 5 } });
    const story = firstValueFrom(sensor.status.pipe(take(6), toArray()));
    sensor.start();
    const states = await story;
    expect(states.map(({ state }) => state)).toEqual([
      "stopped",
      "starting",
      "live",
      "crashed",
      "starting",
      "live",
    ]);
    expect(states[3]).toEqual({
      state: "crashed",
      reason: "counter: expected to live, got told to die",
      retryIn: 7_500,
    });
  });

  it("is started again when somebody else kills it", async () => {
    await using line = await pipeline();
    await using sensor = new SensorProcess({ ...line.common, options: {} });
    sensor.start();
    const { pid } = await reached(sensor, "live");
    process.kill(pid, "SIGKILL");
    expect(await reached(sensor, "crashed")).toMatchObject({
      reason: "its process ended with SIGKILL",
    });
    expect((await reached(sensor, "live")).pid).not.toBe(pid);
  });

  it("waits twice as long from one death to the next, up to a limit", async () => {
    await using line = await pipeline();
    const clock = new DrivenClock(micros(0));
    await using sensor = new SensorProcess({
      ...line.common,
      options: { dieAt: 5 },
      clock,
      firstWait: millis(100),
      longestWait: millis(350),
    });
    sensor.start();
    for (const expected of [75_000, 150_000, 262_500]) {
      const { retryIn } = await reached(sensor, "crashed");
      expect(retryIn).toBe(expected);
      const starting = reached(sensor, "starting");
      clock.advance(micros(clock.now() + retryIn));
      await starting;
    }
  });

  it("says so when there is no such kind of sensor", async () => {
    await using line = await pipeline();
    await using sensor = new SensorProcess({ ...line.common, kind: "absent", options: {} });
    sensor.start();
    expect(await reached(sensor, "failed")).toMatchObject({
      reason: expect.stringMatching(/^sensor: expected one of .* or a path, got absent$/),
    });
  });

  it("leaves alone what was told something impossible, until it is started again", async () => {
    await using line = await pipeline();
    await using sensor = new SensorProcess({ ...line.common, options: { misuse: true } });
    sensor.start();
    expect(await reached(sensor, "failed")).toEqual({
      state: "failed",
      reason: "counter: expected no misuse, got some",
    });
    sensor.start();
    await reached(sensor, "starting");
    await reached(sensor, "failed");
  });

  it.skipIf(process.platform === "win32")(
    "says so when the system does not take what it is told, and is stopped like any other",
    async () => {
      await using line = await pipeline();
      const options = { note: "x".repeat(1_000_000) };
      await using sensor = new SensorProcess({ ...line.common, options });
      sensor.start();
      expect(await reached(sensor, "failed")).toEqual({
        state: "failed",
        reason: "its process could not be started: Error: spawn E2BIG",
      });
      await sensor.stop();
      expect(sensor.current).toEqual({ state: "stopped" });
    },
  );

  it("ends when its frames end, with a bye", async () => {
    await using line = await pipeline();
    const origin = micros(line.clock.now() - 1_000_000);
    await using sensor = new SensorProcess({ ...line.common, options: { count: 1 }, origin });
    sensor.start();
    await reached(sensor, "ended");
    await line.collected.until(({ messages }) => messages.at(-1)?.kind === "bye");
  });

  it("completes its status when it is disposed, and is disposed once", async () => {
    await using line = await pipeline();
    const sensor = new SensorProcess({ ...line.common, options: {} });
    sensor.start();
    const { pid } = await reached(sensor, "starting");
    const story = firstValueFrom(sensor.status.pipe(toArray()));
    await Promise.all([sensor[Symbol.asyncDispose](), sensor.stop()]);
    await sensor[Symbol.asyncDispose]();
    expect((await story).at(-1)).toEqual({ state: "stopped" });
    expect(lives(pid)).toBe(false);
  });

  it("starts no more once it is being disposed", async () => {
    await using line = await pipeline();
    const sensor = new SensorProcess({ ...line.common, options: {} });
    sensor.start();
    await reached(sensor, "live");
    const said: string[] = [];
    sensor.status.subscribe(({ state }) => said.push(state));
    const disposed = sensor[Symbol.asyncDispose]();
    // Whoever hears that it has stopped may want it again.
    sensor.status.subscribe(({ state }) => state === "stopped" && sensor.start());
    await disposed;
    sensor.start();
    expect(said).toEqual(["live", "stopped"]);
    expect(sensor.current.state).toBe("stopped");
  });

  it("dies with the process that started it", async () => {
    await using line = await pipeline();
    const loader = pathToFileURL(createRequire(import.meta.url).resolve("tsx/esm")).href;
    const parent = fileURLToPath(new URL("./sensors/orphanMaker.ts", import.meta.url));
    const run = JSON.stringify({ ...line.common, options: {} });
    const child = spawn(process.execPath, ["--import", loader, parent, run], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [line1] = await once(child.stdout.setEncoding("utf8"), "data");
    const pid = Number(line1);
    expect(lives(pid)).toBe(true);
    child.kill("SIGKILL");
    await expect.poll(() => lives(pid), { timeout: 5_000 }).toBe(false);
  });
});
