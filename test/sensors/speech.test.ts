import { describe, expect, it } from "vitest";

import { overLine } from "../../sensors/speech/overLine.ts";
import { readWav } from "../../sensors/speech/readWav.ts";
import { SPOKEN_RATE, say } from "../../sensors/speech/say.ts";
import { drawVoice, type Voice } from "../../sensors/speech/Voice.ts";
import { findProgram } from "../../src/cli/findProgram.ts";
import { Rng } from "../../src/sensing.ts";

const installed = ["flite", "espeak-ng"].filter((program) => findProgram(program) !== undefined);
const ADAM: Voice = {
  ...{ program: "espeak-ng", name: "en-gb+m3", stretch: 1, pitch: 40, throat: 1 },
};
const RMS: Voice = { program: "flite", name: "rms", stretch: 1, pitch: 100, throat: 1 };

for (const [program, voice] of [
  ["flite", RMS],
  ["espeak-ng", ADAM],
] as const) {
  const skip = installed.includes(program) ? "" : ` (skipped: ${program} is not installed)`;
  describe.skipIf(skip !== "")(`a text said by ${program}${skip}`, () => {
    it("fills its time: no pause at either end, the loudest sample 1", () => {
      const sound = say("seven", voice);
      expect(sound.length / SPOKEN_RATE).toBeGreaterThan(0.25);
      expect(sound.length / SPOKEN_RATE).toBeLessThan(0.8);
      expect(Math.max(...sound.map(Math.abs))).toBe(1);
      expect(power(sound.subarray(0, 480))).toBeGreaterThan(1e-7);
      expect(power(sound.subarray(-480))).toBeGreaterThan(1e-7);
    });

    it("takes longer where it is said slower, and as long by a shorter throat, whose tones are higher", () => {
      const own = say("nine", voice);
      const slow = say("nine", { ...voice, stretch: 1.5 });
      const short = say("nine", { ...voice, throat: 1.3 });
      expect(slow.length / own.length).toBeGreaterThan(1.25);
      expect(slow.length / own.length).toBeLessThan(1.75);
      expect(short.length / own.length).toBeGreaterThan(0.88);
      expect(short.length / own.length).toBeLessThan(1.12);
      expect(crossings(short)).toBeGreaterThan(1.05 * crossings(own));
    });

    it("says of espeak-ng which voice there is none of; flite takes its own", () => {
      const strange = (): Float32Array => say("one", { ...voice, name: "xx-nobody" });
      if (program === "flite") expect(strange().length).toBeGreaterThan(0);
      else expect(strange).toThrow("espeak-ng: expected the voice xx-nobody, got:");
    });
  });
}

describe("voices", () => {
  it("are many, of both programs, and drawn from the generator alone", () => {
    const draw = (seed: number) =>
      Array.from({ length: 200 }, (_, at) => drawVoice(Rng.fromSeed(seed).fork(String(at))));
    expect(draw(3)).toEqual(draw(3));
    const names = new Set(draw(3).map(({ program, name }) => `${program} ${name}`));
    expect(names.size).toBeGreaterThan(100);
    expect([...names].filter((name) => name.startsWith("flite")).length).toBe(4);
  });
});

describe("a line", () => {
  const click = Float32Array.from({ length: 8_000 }, (_, at) => Number(at % 160 === 0));

  it("keeps what a telephone keeps, and colours it otherwise each time", () => {
    const heard = overLine(click, Rng.fromSeed(1));
    expect(heard.length).toBe(click.length);
    expect(Math.max(...heard.map(Math.abs))).toBeCloseTo(1, 6);
    // Two poles at 4 kHz at the latest: an octave higher 12 dB are gone.
    expect(bandPower(heard, 6_000)).toBeLessThan(0.1 * bandPower(heard, 1_000));
    expect(bandPower(click, 6_000)).toBeGreaterThan(0.9 * bandPower(click, 1_000));
    expect(overLine(click, Rng.fromSeed(1))).toEqual(heard);
    expect(overLine(click, Rng.fromSeed(2))).not.toEqual(heard);
  });

  it("has noise under the voice: between 15 and 45 dB below it", () => {
    const burst = Float32Array.from({ length: 16_000 }, (_, at) =>
      at < 8_000 ? Math.sin((2 * Math.PI * 1_000 * at) / SPOKEN_RATE) : 0,
    );
    for (const seed of [1, 2, 3, 4, 5]) {
      const heard = overLine(burst, Rng.fromSeed(seed));
      const db =
        10 * Math.log10(power(heard.subarray(1_000, 7_000)) / power(heard.subarray(9_000)));
      expect(db).toBeGreaterThan(14);
      expect(db).toBeLessThan(49);
    }
  });
});

describe("a WAV file of a synthesiser", () => {
  it("is refused, with what was expected, where it is none or of two channels", () => {
    const wav = (channels: number): Buffer => {
      const header = Buffer.alloc(48);
      header.write("RIFF....WAVEfmt ", 0, "latin1");
      header.writeUInt32LE(16, 16);
      header.writeUInt16LE(channels, 22);
      header.writeUInt32LE(22_050, 24);
      header.writeUInt16LE(16, 34);
      header.write("data", 36, "latin1");
      header.writeUInt32LE(4, 40);
      header.writeInt16LE(-5, 44);
      header.writeInt16LE(7, 46);
      return header;
    };
    expect(readWav(wav(1), "who")).toEqual({ pcm: Int16Array.of(-5, 7), rate: 22_050 });
    expect(() => readWav(wav(2), "who")).toThrow(
      "who: expected 1 channel of 16 bits, got 2 of 16 at 22050 Hz",
    );
    expect(() => readWav(Buffer.from("none at all"), "who")).toThrow(
      'who: expected a WAV file with a "fmt " chunk, got none',
    );
  });
});

function power(sound: Float32Array): number {
  return sound.reduce((sum, value) => sum + value * value, 0) / sound.length;
}

/** Of the tone at a frequency. */
function bandPower(sound: Float32Array, frequency: number): number {
  let [re, im] = [0, 0];
  for (const [at, value] of sound.entries()) {
    const angle = (2 * Math.PI * frequency * at) / SPOKEN_RATE;
    re += value * Math.cos(angle);
    im += value * Math.sin(angle);
  }
  return re * re + im * im;
}

/** Of zero, a second. */
function crossings(sound: Float32Array): number {
  let count = 0;
  for (let at = 1; at < sound.length; at++)
    if ((sound[at - 1] ?? 0) * (sound[at] ?? 0) < 0) count++;
  return (count * SPOKEN_RATE) / sound.length;
}
