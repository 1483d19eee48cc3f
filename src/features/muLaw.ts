/** What each of the 256 bytes stands for. */
const SAMPLES = Int16Array.from({ length: 256 }, (_, byte) => {
  const bits = ~byte & 0xff;
  const magnitude = ((((bits & 0x0f) << 3) + 0x84) << ((bits & 0x70) >> 4)) - 0x84;
  return (bits & 0x80) !== 0 ? -magnitude : magnitude;
});

/**
 * Sound from mu-law bytes.
 *
 * @param bytes One per sample, as in telephone networks: bits inverted.
 * @returns As many samples, 16-bit PCM, |x| ≤ 32124.
 *
 * ITU-T G.711 (1988), table 2.
 */
export function decodeMuLaw(bytes: Uint8Array): Int16Array {
  const samples = new Int16Array(bytes.length);
  for (let at = 0; at < bytes.length; at++) samples[at] = SAMPLES[bytes[at] ?? 0] ?? 0;
  return samples;
}
