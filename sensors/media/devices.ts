import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

import type { SensorDevice } from "../../src/sensing.ts";

const run = promisify(execFile);

/**
 * The sound inputs that Linux's kernel knows, from `/proc/asound/pcm`:
 * `00-00: ALC257 Analog : ALC257 Analog : playback 1 : capture 1`.
 */
export function alsaDevices(pcm: string): SensorDevice[] {
  return pcm.split("\n").flatMap((line) => {
    const [, card, device, name = ""] = /^(\d+)-(\d+): ([^:]*)/.exec(line) ?? [];
    if (card === undefined || !/: capture \d/.test(line)) return [];
    // "plug": ALSA converts to what the stream wants where the device cannot.
    const address = `plughw:${Number(card)},${Number(device)}`;
    return { name: name.trim(), options: { format: "alsa", device: address } };
  });
}

/** The sources that a sound server has, from `pactl list short sources`; monitors hear what is played. */
export function pulseDevices(list: string): SensorDevice[] {
  return list.split("\n").flatMap((line) => {
    const [, device = "", , form = ""] = line.split("\t");
    if (device === "") return [];
    const name = device.endsWith(".monitor") ? `what is played (${form})` : form;
    return { name: name.trim(), options: { format: "pulse", device } };
  });
}

/** The sound inputs of this machine. */
export async function soundDevices(): Promise<SensorDevice[]> {
  const pulse = await run("pactl", ["list", "short", "sources"]).then(
    ({ stdout }) => pulseDevices(stdout),
    () => [],
  );
  const alsa = await readFile("/proc/asound/pcm", "utf8").then(alsaDevices, () => []);
  return [...pulse, ...alsa];
}

/**
 * The cameras of this machine, as Video4Linux has them.
 *
 * @param folder Where they are listed.
 */
export async function videoDevices(folder = "/sys/class/video4linux"): Promise<SensorDevice[]> {
  const entries = await readdir(folder).catch(() => []);
  const cameras: SensorDevice[] = [];
  for (const entry of entries.filter((name) => /^video\d+$/.test(name)).sort()) {
    const read = (file: string): Promise<string> =>
      readFile(join(folder, entry, file), "utf8").then(
        (text) => text.trim(),
        () => "",
      );
    // A camera's further nodes carry what describes its pictures, not pictures.
    const [name, index] = [await read("name"), await read("index")];
    if (index === "" || index === "0")
      cameras.push({ name, options: { format: "v4l2", device: `/dev/${entry}` } });
  }
  return cameras;
}
