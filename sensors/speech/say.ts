import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { ConfigError, SensorError } from "../../src/sensing.ts";
import { readWav } from "./readWav.ts";
import { resample } from "./resample.ts";
import type { Voice } from "./Voice.ts";

/** Samples per second of what is said. */
export const SPOKEN_RATE = 16_000;
/** Words a minute of espeak's own pace. */
const PACE = 175;
/** Blocks at either end that are so much quieter than the loudest, in dB, are pause. */
const [BLOCK, PAUSE_DB] = [160, 38] as const;

/**
 * Says a text by a speech synthesiser of this machine, without the pauses before and behind it.
 *
 * @returns 16 kHz, [−1, 1], the loudest sample 1 or −1. A function of the arguments and the program's version.
 * @throws {ConfigError} If the program is not installed, or espeak-ng does not have the voice; flite then speaks
 *   with its own.
 * @throws {SensorError} If it gives no sound.
 */
export function say(text: string, voice: Voice): Float32Array {
  const { program, throat } = voice;
  const { pcm, rate } = synthesise(text, voice);
  const sound = withoutPauses(resample(pcm, (throat * rate) / SPOKEN_RATE));
  const loudest = sound.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  if (loudest === 0) throw new SensorError(program, `expected "${text}", got silence`);
  return sound.map((value) => value / loudest);
}

function synthesise(text: string, { program, name, stretch, pitch, throat }: Voice) {
  const folder = mkdtempSync(join(tmpdir(), "sensorium-say-"));
  try {
    const file = join(folder, "said.wav");
    // A shorter throat is sound played faster: said that much slower, it takes the time it should.
    const slow = stretch * throat;
    const argv =
      program === "flite"
        ? [
            ...["-voice", name, "--setf", `duration_stretch=${slow.toFixed(3)}`],
            ...["--setf", `int_f0_target_mean=${pitch}`, "-t", `${text}.`, "-o", file],
          ]
        : ["-v", name, "-s", `${Math.round(PACE / slow)}`, "-p", `${pitch}`, "-w", file, text];
    execFileSync(program, argv, { stdio: ["ignore", "ignore", "pipe"] });
    return readWav(readFileSync(file), program);
  } catch (cause) {
    if ((cause as { code?: unknown }).code === "ENOENT")
      throw new ConfigError(program, `expected the program, got none: apt-get install ${program}`, {
        cause,
      });
    const { stderr } = cause as { stderr?: Buffer };
    if (stderr === undefined) throw cause;
    throw new ConfigError(program, `expected the voice ${name}, got: ${stderr.toString().trim()}`, {
      cause,
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function withoutPauses(sound: Float32Array): Float32Array {
  const powers = Array.from({ length: Math.floor(sound.length / BLOCK) }, (_, block) => {
    const samples = sound.subarray(block * BLOCK, (block + 1) * BLOCK);
    return samples.reduce((sum, value) => sum + value * value, 0);
  });
  const least = Math.max(...powers, 0) / 10 ** (PAUSE_DB / 10);
  const isLoud = (power: number): boolean => power > least;
  const first = Math.max(0, powers.findIndex(isLoud) - 1);
  return sound.slice(first * BLOCK, (powers.findLastIndex(isLoud) + 2) * BLOCK);
}
