import { mkdir, open, readFile, rename } from "node:fs/promises";
import { dirname } from "node:path";

import type { SpeechClip } from "../corpus/SpeechClip.ts";

/**
 * Writes clips to one file: 4 bytes with the length of a JSON index, the index, then the sound and
 * the pictures of each clip. The file appears when it is whole.
 */
export async function writeClips(file: string, clips: readonly SpeechClip[]): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const index = Buffer.from(
    JSON.stringify(
      clips.map(({ pcm, mouth, ...facts }) => ({
        facts,
        samples: pcm.length,
        pixels: mouth.length,
      })),
    ),
  );
  const partial = `${file}.partial`;
  const handle = await open(partial, "w");
  try {
    const length = Buffer.alloc(4);
    length.writeUInt32LE(index.length);
    await handle.write(length);
    await handle.write(index);
    for (const { pcm, mouth } of clips) {
      await handle.write(new Uint8Array(pcm.buffer, pcm.byteOffset, pcm.byteLength));
      await handle.write(mouth);
    }
  } finally {
    await handle.close();
  }
  await rename(partial, file);
}

/** Reads what `writeClips` wrote; undefined where there is no such file. */
export async function readClips(file: string): Promise<SpeechClip[] | undefined> {
  let bytes: Buffer;
  try {
    bytes = await readFile(file);
  } catch (error) {
    if ((error as { code?: unknown }).code === "ENOENT") return undefined;
    throw error;
  }
  let at = 4 + bytes.readUInt32LE(0);
  const index = JSON.parse(bytes.toString("utf8", 4, at)) as {
    facts: Omit<SpeechClip, "pcm" | "mouth">;
    samples: number;
    pixels: number;
  }[];
  return index.map(({ facts, samples, pixels }) => {
    // Copied: the sound may start at an odd byte, and each clip then lives on its own.
    const pcm = new Int16Array(
      bytes.buffer.slice(bytes.byteOffset + at, bytes.byteOffset + at + 2 * samples),
    );
    at += 2 * samples;
    const mouth = Uint8Array.from(bytes.subarray(at, at + pixels));
    at += pixels;
    return { ...facts, pcm, mouth };
  });
}
