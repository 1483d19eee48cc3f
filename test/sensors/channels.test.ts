import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";

import { channels } from "../../sensors/channels.ts";
import { screen } from "../../sensors/screen.ts";
import { ConfigError, SensorError } from "../../src/errors.ts";
import type { StreamDescription } from "../../src/frames/StreamDescription.ts";
import type { SensedFrame, SensorContext, SensorKind } from "../../src/pipeline/Sensor.ts";
import { hertz } from "../../src/units.ts";
import { context, numbers } from "./sensed.ts";

const hasFfmpeg = spawnSync("ffmpeg", ["-version"]).status === 0;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sensorium-channels-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function sensed(
  kind: SensorKind,
  options: Record<string, unknown>,
  told: SensorContext,
  most = Number.POSITIVE_INFINITY,
): Promise<SensedFrame[]> {
  const frames: SensedFrame[] = [];
  for await (const { originTime, payload } of kind.create(options).frames(told)) {
    frames.push({ originTime, payload: Uint8Array.from(payload) });
    if (frames.length >= most) break;
  }
  return frames;
}

const pairs: StreamDescription = numbers(2, { dtype: "i16", rate: hertz(100) });

describe("the channels sensor", () => {
  it("replays a file of raw frames evenly, from where it is wanted", async () => {
    const source = join(folder, "raw");
    await writeFile(source, Buffer.from(Int16Array.of(1, 2, 3, 4, 5, 6, 7).buffer));
    const told = context(pairs);
    const frames = await sensed(channels, { source, form: "raw" }, told);
    expect(frames.map(({ originTime }) => originTime - told.origin)).toEqual([0, 10_000, 20_000]);
    expect([...new Int16Array(frames[2]?.payload.buffer ?? new ArrayBuffer(0))]).toEqual([5, 6]);
  });

  it("reads lines whose numbers are apart by anything usual, and leaves out what is no frame", async () => {
    const source = join(folder, "lines");
    await writeFile(source, "1 2\n3,4\n\n5;6\n7 8 9\nx y\n");
    const complaints = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    const frames = await sensed(channels, { source }, context(pairs));
    const told = complaints.mock.calls.map(String);
    complaints.mockRestore();
    expect(frames.map(({ payload }) => [...new Int16Array(payload.buffer)])).toEqual([
      [1, 2],
      [3, 4],
      [5, 6],
    ]);
    expect(told.join()).toContain("expected 2 numbers, got 7 8 9");
  });

  it("gives live samples the even times of a regular rate, and fails when its source is gone", async () => {
    const server = createServer((socket: Socket) => {
      for (let i = 0; i < 50; i++) socket.write(`${i} ${-i}\n`);
      socket.end();
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const source = `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const frames: SensedFrame[] = [];
    const sensing = (async () => {
      for await (const frame of channels.create({ source }).frames(context(pairs)))
        frames.push({ ...frame });
    })();
    await expect(sensing).rejects.toThrow(SensorError);
    server.close();
    expect(frames).toHaveLength(50);
    const times = frames.map(({ originTime }) => originTime);
    expect(times.every((time, i) => i === 0 || time > (times[i - 1] ?? 0))).toBe(true);
  });

  it("stops at once when it is stopped, also while its source is silent", async () => {
    const server = createServer((socket: Socket) => socket.write(Uint8Array.of(1, 0, 2, 0)));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const source = `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const stop = new AbortController();
    const told = context(pairs, { signal: stop.signal });
    const frames = channels.create({ source, form: "raw" }).frames(told)[Symbol.asyncIterator]();
    const { value } = await frames.next();
    expect([...value.payload]).toEqual([1, 0, 2, 0]);
    const next = frames.next();
    stop.abort(new Error("stopped"));
    await expect(next).rejects.toThrow("stopped");
    server.close();
  });

  it("needs a rate, numbers and rows", async () => {
    const source = join(folder, "empty");
    await writeFile(source, "");
    await expect(sensed(channels, { source }, context(pairs))).rejects.toThrow("got none");
    const irregular = context({ ...pairs, rate: "irregular" });
    await expect(sensed(channels, { source }, irregular)).rejects.toThrow(ConfigError);
    expect(() => channels.create({ source, form: "smoke" })).toThrow("lines or raw");
  });
});

describe.skipIf(!hasFfmpeg)(`the screen sensor${hasFfmpeg ? "" : " (skipped: no ffmpeg)"}`, () => {
  const picture: StreamDescription = {
    ...numbers(1),
    ...{ modality: "video", dtype: "u8", shape: [6, 8], rate: hertz(10) },
  };

  it("gives small pictures of the part that it is to watch", async () => {
    const halves = "color=black:size=80x60:rate=10,drawbox=x=40:w=40:color=white:t=fill";
    const options = { format: "lavfi", device: halves, crop: [0.5, 0, 0.5, 1] };
    const frames = await sensed(screen, options, context(picture), 3);
    expect(frames.map(({ payload }) => Math.min(...payload))).toEqual([255, 255, 255]);
  });

  it("says so where there is no display", async () => {
    const options = { format: "x11grab", device: ":77.0" };
    await expect(sensed(screen, options, context(picture))).rejects.toThrow(SensorError);
  });
});
