/**
 * Pure index transfer: the majority class of each code learned from one modality, read with another's.
 *
 * Only what the modalities share in the codebook counts, not the geometry of its vectors. A code that
 * the first modality never chose names no class and is counted wrong.
 *
 * @param learn Codes and classes of the frames that the table is made from.
 * @param read Codes and classes of the frames it is read with.
 * @param size Codes in the codebook.
 * @returns Share of frames named right.
 */
export function lookUpTransfer(
  learn: { readonly codes: Int32Array; readonly classes: Int32Array },
  read: { readonly codes: Int32Array; readonly classes: Int32Array },
  size: number,
): number {
  const votes = Array.from({ length: size }, () => new Map<number, number>());
  for (const [frame, code] of learn.codes.entries()) {
    const own = votes[code];
    const label = learn.classes[frame] ?? -1;
    own?.set(label, (own.get(label) ?? 0) + 1);
  }
  const table = votes.map((own) => [...own].sort((a, b) => b[1] - a[1])[0]?.[0] ?? -1);
  const right = read.codes.filter((code, frame) => table[code] === read.classes[frame]).length;
  return right / Math.max(read.codes.length, 1);
}
