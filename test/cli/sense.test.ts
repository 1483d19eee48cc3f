import { Command } from "commander";
import { describe, expect, it } from "vitest";

import { addSenseCommand, senseRun } from "../../src/cli/sense.ts";
import { SystemClock } from "../../src/clock/SystemClock.ts";
import { ConfigError } from "../../src/errors.ts";
import { Inlet } from "../../src/wire/Inlet.ts";
import { Collected, text } from "../wire/support.ts";

const stream = {
  site: "lab",
  stream: "text",
  modality: "text",
  dtype: "utf8",
  rate: "irregular",
};
const flags = { stream: JSON.stringify(stream), connect: "tcp://127.0.0.1:1", options: "{}" };

describe("sensorium sense", () => {
  it("reads a stream with what may be left out left out", async () => {
    const run = await senseRun("text", { ...flags, origin: "1700000000000000", repeat: "40000" });
    expect(run).toMatchObject({
      kind: "text",
      options: {},
      description: { ...stream, shape: [], unit: "", lateness: 0, idleTimeout: 250_000 },
      origin: 1_700_000_000_000_000,
      repeat: 40_000,
    });
    expect(run).not.toHaveProperty("control");
  });

  it("takes a name, or what differs, for what the sensor offers", async () => {
    const { stream: _, ...bare } = flags;
    expect((await senseRun("microphone", bare)).description).toMatchObject({
      ...{ site: "desk", stream: "microphone", modality: "audio", dtype: "i16", shape: [160] },
      ...{ rate: 100, span: 10_000 },
    });
    const named = await senseRun("camera", { ...bare, stream: "lips", site: "lab" });
    expect(named.description).toMatchObject({ site: "lab", stream: "lips", shape: [48, 64] });
    const wide = await senseRun("camera", { ...bare, stream: '{"shape":[90,160],"rate":10}' });
    expect(wide.description).toMatchObject({ stream: "camera", shape: [90, 160], rate: 10 });
    const options = '{"fields":["x","y"],"source":"-"}';
    const rows = await senseRun("jsonLines", { ...bare, options });
    expect(rows.description).toMatchObject({ dtype: "f64", shape: [2], rate: "irregular" });
    const open = { ...bare, options: '{"form":"numbers","url":"mqtt://host","topic":"t"}' };
    await expect(senseRun("mqtt", open)).rejects.toThrow("expected its description");
    const absent = { ...bare, options: '{"path":"absent.npy"}' };
    await expect(senseRun("array", absent)).rejects.toThrow("a readable file, got absent.npy");
  });

  it("tells the sensor what makes it give the stream that is wanted", async () => {
    const { stream: _, ...bare } = flags;
    const demo = "pipelines/talking-face/demo/recording.mcap";
    const told = { ...bare, options: JSON.stringify({ path: demo }) };
    const first = await senseRun("recording", told);
    expect(first.description.stream).toBe("recording");
    expect(first.options).toEqual({ path: demo, stream: "audio" });
    const video = await senseRun("recording", { ...told, stream: '{"modality":"video"}' });
    expect([video.description.shape, video.options["stream"]]).toEqual([[20, 28], "video"]);
    const whole = await senseRun("recording", { ...told, stream: flags.stream });
    expect(whole.options).toEqual({ path: demo });
  });

  it.each([
    ["--stream", { stream: "{" }],
    ["--stream", { stream: "[]" }],
    ["dtype", { stream: JSON.stringify({ ...stream, dtype: "i128" }) }],
    ["rate", { stream: JSON.stringify({ ...stream, rate: -1 }) }],
    ["name", { stream: JSON.stringify({ ...stream, stream: "a b" }) }],
    ["Unrecognized", { stream: JSON.stringify({ ...stream, colour: "red" }) }],
    ["--options", { options: "7" }],
    ["--origin", { origin: "soon" }],
    ["--repeat", { repeat: "-4" }],
  ])("refuses what it cannot use, and says where: %s", async (where, wrong) => {
    const run = senseRun("text", { ...flags, ...wrong });
    await expect(run).rejects.toThrow(ConfigError);
    await expect(run).rejects.toThrow(where);
  });

  it("runs a sensor against a pipeline until its frames end", async () => {
    await using inlet = await Inlet.open({ streams: [text], clock: new SystemClock() });
    const collected = new Collected(inlet);
    const program = new Command().exitOverride();
    addSenseCommand(program);
    const file = new URL("../../.gitignore", import.meta.url).pathname;
    const told = JSON.stringify({ file });
    const connect = ["--connect", inlet.endpoint, "--stream", flags.stream, "--options", told];
    await program.parseAsync(["node", "sensorium", "sense", "text", ...connect]);
    await collected.until(({ messages }) => messages.at(-1)?.kind === "bye");
    expect(collected.frames.length).toBeGreaterThan(0);
  });
});
