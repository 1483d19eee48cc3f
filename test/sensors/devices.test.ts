import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

import { camera } from "../../sensors/camera.ts";
import { alsaDevices, pulseDevices, videoDevices } from "../../sensors/media/devices.ts";
import { microphone } from "../../sensors/microphone.ts";
import { runCommandLine } from "../cli/runCommandLine.ts";

describe("the devices of a machine", () => {
  it("are ALSA's inputs, which convert to what the stream wants", () => {
    const pcm = [
      "00-00: ALC257 Analog : ALC257 Analog : playback 1 : capture 1",
      "00-03: HDMI 0 : HDMI 0 : playback 1",
      "01-00: USB Audio : USB Audio : capture 1",
      "",
    ].join("\n");
    const found = alsaDevices(pcm);
    expect(found).toEqual([
      { name: "ALC257 Analog", options: { format: "alsa", device: "plughw:0,0" } },
      { name: "USB Audio", options: { format: "alsa", device: "plughw:1,0" } },
    ]);
    for (const { options } of found) expect(() => microphone.create(options)).not.toThrow();
  });

  it("are PulseAudio's sources, and what it plays", () => {
    const list = [
      "0\talsa_output.pci.monitor\tmodule-alsa-card.c\ts16le 2ch 44100Hz\tIDLE",
      "1\talsa_input.usb\tmodule-alsa-card.c\ts16le 1ch 16000Hz\tRUNNING",
      "",
    ].join("\n");
    expect(pulseDevices(list)).toEqual([
      {
        name: "what is played (s16le 2ch 44100Hz)",
        options: { format: "pulse", device: "alsa_output.pci.monitor" },
      },
      { name: "s16le 1ch 16000Hz", options: { format: "pulse", device: "alsa_input.usb" } },
    ]);
  });

  it("are Video4Linux's cameras, each once, without the nodes that carry no pictures", async () => {
    const folder = await mkdtemp(join(tmpdir(), "v4l-"));
    for (const [node, index] of [
      ["video0", "0"],
      ["video1", "1"],
    ] as const) {
      await mkdir(join(folder, node));
      await writeFile(join(folder, node, "name"), "Integrated Camera\n");
      await writeFile(join(folder, node, "index"), `${index}\n`);
    }
    const found = await videoDevices(folder);
    await rm(folder, { recursive: true });
    expect(found).toEqual([
      { name: "Integrated Camera", options: { format: "v4l2", device: "/dev/video0" } },
    ]);
    for (const { options } of found) expect(() => camera.create(options)).not.toThrow();
    expect(await videoDevices("/nowhere")).toEqual([]);
  });

  it("are listed by a command, as JSON too", async () => {
    const { code, out } = await runCommandLine("devices", "--json");
    expect(code).toBe(0);
    expect(JSON.parse(out.trim().split("\n").at(-1) ?? "")).toHaveProperty("devices");
  }, 60_000);
});
