import { SensorError } from "../../src/sensing.ts";

/** One channel of sound. */
export interface WavSound {
  readonly pcm: Int16Array;
  /** Samples per second. */
  readonly rate: number;
}

/**
 * Reads a WAV file of one channel of 16 bits, as speech synthesisers write them.
 *
 * @param program Who wrote it, for messages.
 * @throws {SensorError} If it is none.
 */
export function readWav(wav: Buffer, program: string): WavSound {
  const format = chunkOf(wav, "fmt ", program);
  const [channels, rate, bits] = [
    format.readUInt16LE(2),
    format.readUInt32LE(4),
    format.readUInt16LE(14),
  ];
  if (channels !== 1 || bits !== 16)
    throw new SensorError(
      program,
      `expected 1 channel of 16 bits, got ${channels} of ${bits} at ${rate} Hz`,
    );
  const data = chunkOf(wav, "data", program);
  const pcm = Int16Array.from({ length: data.length >> 1 }, (_, at) => data.readInt16LE(2 * at));
  return { pcm, rate };
}

function chunkOf(wav: Buffer, name: string, program: string): Buffer {
  for (let at = 12; at + 8 <= wav.length; ) {
    const end = at + 8 + wav.readUInt32LE(at + 4);
    if (wav.toString("latin1", at, at + 4) === name) return wav.subarray(at + 8, end);
    at = end + (end & 1);
  }
  throw new SensorError(program, `expected a WAV file with a "${name}" chunk, got none`);
}
