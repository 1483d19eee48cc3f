import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

/** A .npy file. */
export function npy(descr: string, shape: readonly number[], data: ArrayBufferView): Uint8Array {
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${sizes}), }`;
  const header = `${text.padEnd(117)}\n`;
  return Buffer.concat([
    Buffer.from("\x93NUMPY\x01\x00", "latin1"),
    Buffer.from([header.length, 0]),
    Buffer.from(header, "latin1"),
    Buffer.from(data.buffer, data.byteOffset, data.byteLength),
  ]);
}

/**
 * Writes a made-up split in the format of the GRID arrays: sentence n has mu-law byte 200 + n all over,
 * pictures of grey 10 n + 50, and two words: "bin" from 500 to 800 ms and "two" from 1000 to 1500 ms.
 */
export async function writeGridFiles(
  folder: string,
  split: string,
  sentences: number,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const write = (name: string, bytes: Uint8Array): Promise<void> =>
    writeFile(join(folder, `${name}_${split}.npy.gz`), gzipSync(bytes, { level: 1 }));
  const sound = new Uint8Array(sentences * 48_000);
  const mouth = new Uint8Array(sentences * 75 * 560);
  const words: number[] = [];
  for (let sentence = 0; sentence < sentences; sentence++) {
    sound.fill(200 + sentence, sentence * 48_000, (sentence + 1) * 48_000);
    mouth.fill(10 * sentence + 50, sentence * 75 * 560, (sentence + 1) * 75 * 560);
    words.push(sentence, 1, 500, 800, sentence, 2, 1_000, 1_500);
  }
  await Promise.all([
    write("pcm_mulaw", npy("|u1", [sentences, 48_000], sound)),
    write("mouth", npy("|u1", [sentences, 75, 20, 28], mouth)),
    write("words", npy("<i4", [2 * sentences, 4], Int32Array.from(words))),
    writeFile(
      join(folder, "meta.json"),
      JSON.stringify({
        vocabulary: ["sil", "bin", "two"],
        slots: { command: ["bin"], digit: ["two"] },
      }),
    ),
  ]);
}
