import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

import { readWav } from "../../../sensors/speech/readWav.ts";
import { ConfigError, SensorError } from "../../../src/sensing.ts";
import { SAMPLE_RATE } from "../corpus/SpeechClip.ts";
import type { TimedPhone } from "./articulate.ts";

/** How a voice is to speak. */
export interface SpeakOptions {
  /** One of flite's: `kal16`, `awb`, `rms`, `slt`. */
  readonly voice: string;
  /** Factor on all durations; 1 is the voice's own pace. */
  readonly stretch?: number;
  /** Mean pitch in Hz; the voice `rms` pays no heed to it. */
  readonly pitchHz?: number;
}

/** What a voice said, with every phone's time. */
export interface Speech {
  /** 16 kHz. */
  readonly pcm: Int16Array;
  /** From the first to the last pause, without gaps. */
  readonly phones: readonly TimedPhone[];
}

const run = promisify(execFile);

/**
 * Speaks a text with flite.
 *
 * @throws {ConfigError} If flite is not installed.
 * @throws {SensorError} If it gives no sound at 16 kHz or no phones.
 */
export async function speak(
  text: string,
  { voice, stretch = 1, pitchHz }: SpeakOptions,
): Promise<Speech> {
  const folder = await mkdtemp(join(tmpdir(), "sensorium-flite-"));
  try {
    const file = join(folder, "speech.wav");
    const pitch = pitchHz === undefined ? [] : ["--setf", `int_f0_target_mean=${pitchHz}`];
    const pace = ["--setf", `duration_stretch=${stretch}`];
    const { stdout } = await flite([
      "-voice",
      voice,
      ...pace,
      ...pitch,
      "-psdur",
      "-t",
      text,
      "-o",
      file,
    ]);
    return { pcm: pcmOf(await readFile(file)), phones: phonesOf(stdout) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * The version of flite that is installed: "flite-2.2-current Sep 2018".
 *
 * @returns undefined where there is none.
 */
export async function fliteVersion(): Promise<string | undefined> {
  try {
    // It prints its version and exits with 1.
    const { stdout } = await run("flite", ["--version"]).catch(
      (error: { code?: unknown; stdout?: string }) => {
        if (error.code === "ENOENT") throw error;
        return { stdout: error.stdout ?? "" };
      },
    );
    return /version: (\S+ \S+ \S+)/.exec(stdout)?.[1] ?? "unknown";
  } catch {
    return undefined;
  }
}

async function flite(argv: readonly string[]): Promise<{ stdout: string }> {
  try {
    return await run("flite", [...argv]);
  } catch (cause) {
    if ((cause as { code?: unknown }).code === "ENOENT")
      throw new ConfigError("flite", "expected the program, got none: apt-get install flite", {
        cause,
      });
    throw new SensorError("flite", `expected speech, got ${String(cause)}`, { cause });
  }
}

function phonesOf(printed: string): TimedPhone[] {
  let fromMs = 0;
  const phones = [...printed.matchAll(/([a-z]+):(\d+\.\d+)/g)].map(([, phone = "", end]) => {
    const toMs = Number(end) * 1_000;
    const timed = { phone, fromMs, toMs };
    fromMs = toMs;
    return timed;
  });
  if (phones.length === 0)
    throw new SensorError(
      "flite",
      `expected phones with their ends, got ${JSON.stringify(printed)}`,
    );
  return phones;
}

function pcmOf(wav: Buffer): Int16Array {
  const { pcm, rate } = readWav(wav, "flite");
  if (rate !== SAMPLE_RATE)
    throw new SensorError("flite", `expected sound at ${SAMPLE_RATE} Hz, got ${rate} Hz`);
  return pcm;
}
