import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { filter, firstValueFrom } from "rxjs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { DrivenClock } from "../../src/clock/DrivenClock.ts";
import type { StreamDescription } from "../../src/frames/StreamDescription.ts";
import { SensorProcess } from "../../src/pipeline/SensorProcess.ts";
import { hertz, micros, millis } from "../../src/units.ts";
import { ControlServer } from "../../src/wire/ControlServer.ts";
import { Inlet } from "../../src/wire/Inlet.ts";
import { writeGridFiles } from "../support/gridFiles.ts";
import { Collected, audio as small, text } from "../wire/support.ts";

const streams: readonly StreamDescription[] = [
  { ...small, shape: [160] },
  {
    ...text,
    stream: "video",
    modality: "video",
    dtype: "u8",
    shape: [20, 28],
    rate: hertz(25),
  },
  text,
];
const origin = micros(1_700_000_000_000_000);
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "driven-"));
  await writeGridFiles(directory, "dev", 2);
});
afterAll(() => rm(directory, { recursive: true, force: true }));

/** Waits until each stream's sensor has said that it has sent what was due by `at`, or has ended. */
function reached(collected: Collected, names: readonly string[], at: number): Promise<void> {
  return collected.until(({ messages }) =>
    names.every((name) =>
      messages.some(
        (message) =>
          message.kind !== "data" &&
          message.stream === name &&
          (message.at >= at || message.kind === "bye"),
      ),
    ),
  );
}

/** Drives the corpus's sensors for a while; the video's is unplugged from 1 s to 2 s. */
async function drive(length: number): Promise<{ story: string[]; drops: number }> {
  const clock = new DrivenClock(origin);
  await using inlet = await Inlet.open({ streams, clock });
  await using control = await ControlServer.open({ clock, clockKind: "driven" });
  const collected = new Collected(inlet);
  const options = { directory, sentences: 2, seed: 3 };
  const processes = new Map(
    streams.map((description) => [
      description.stream,
      new SensorProcess({
        kind: "gridCorpus",
        options,
        description,
        connect: inlet.endpoint,
        control: control.endpoint,
        origin,
        sensors: fileURLToPath(new URL("../../sensors", import.meta.url)),
        random: () => 0.5,
      }),
    ]),
  );
  const video = processes.get("video");
  for (const sensor of processes.values()) sensor.start();
  let names = [...processes.keys()];
  await reached(collected, names, clock.now());
  for (let offset = 0; offset < length; offset += 40_000) {
    if (offset === 1_000_000) {
      await video?.stop();
      names = ["audio", "text"];
    }
    if (offset === 2_000_000) {
      video?.start();
      names = [...processes.keys()];
    }
    clock.advance(micros(origin + offset + 40_000));
    await control.tick(clock.now());
    await reached(collected, names, clock.now());
  }
  await Promise.all([...processes.values()].map((sensor) => sensor[Symbol.asyncDispose]()));
  const epochs = new Set(collected.chunks.map(({ stream, epoch }) => `${stream} ${epoch}`));
  const story = collected.frames
    .map(
      ({ stream, originTime, payload }) =>
        `${originTime - origin} ${stream} ${Buffer.from(payload).toString("base64").slice(0, 40)}`,
    )
    .sort();
  return { story, drops: epochs.size - streams.length };
}

describe("sensors on a driven clock, in processes of their own", () => {
  it("send the same frames on every run, unplugged and plugged in at exact times of the recording", async () => {
    const length = 3_000_000;
    const first = await drive(length);
    expect((await drive(length)).story).toEqual(first.story);
    expect(first.drops).toBe(1);

    const timesOf = (name: string): number[] =>
      first.story
        .filter((line) => line.split(" ")[1] === name)
        .map((line) => Number(line.split(" ")[0]))
        .sort((a, b) => a - b);
    expect(timesOf("audio")).toEqual(Array.from({ length: 300 }, (_, i) => i * 10_000));
    // Pictures of an instant: the one at 3 s is in, those from 1.04 s until the sensor is back are not.
    expect(timesOf("video")).toEqual(
      Array.from({ length: 76 }, (_, i) => i * 40_000).filter(
        (at) => at <= 1_000_000 || at > 2_000_000,
      ),
    );
  });

  it("cannot sense live", async () => {
    const clock = new DrivenClock(origin);
    await using inlet = await Inlet.open({ streams, clock });
    await using control = await ControlServer.open({ clock, clockKind: "driven" });
    await using sensor = new SensorProcess({
      kind: "microphone",
      options: { input: "sound.wav" },
      description: { ...small, shape: [160] },
      connect: inlet.endpoint,
      control: control.endpoint,
      sensors: fileURLToPath(new URL("../../sensors", import.meta.url)),
      random: () => 0.5,
      firstWait: millis(10),
    });
    sensor.start();
    const failed = await firstValueFrom(
      sensor.status.pipe(filter(({ state }) => state === "failed")),
    );
    expect(failed).toMatchObject({ reason: expect.stringContaining("got a live sensor") });
  });
});
