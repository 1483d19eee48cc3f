/**
 * F1 of each class, weighted by how often the class is true.
 *
 * The released code of MulT and GMC hands truth and prediction over in the wrong order, which weights by
 * what was predicted instead; this is the right order.
 */
export function weightedF1(
  predicted: ArrayLike<number>,
  labels: ArrayLike<number>,
  classes: number,
): number {
  let sum = 0;
  for (let c = 0; c < classes; c++) {
    let [hits, named, support] = [0, 0, 0];
    for (let i = 0; i < labels.length; i++) {
      if (predicted[i] === c) named++;
      if (labels[i] === c) support++;
      if (predicted[i] === c && labels[i] === c) hits++;
    }
    if (named + support > 0) sum += (support * 2 * hits) / (named + support);
  }
  return sum / Math.max(labels.length, 1);
}
