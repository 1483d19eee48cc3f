import { gatherRows } from "../../../Examples.ts";
import type { Trial } from "../../../Study.ts";
import { type FlatSplit, runCca } from "../ccaProtocol.ts";
import { meanPool } from "../meanPool.ts";
import { retrievalAt1 } from "../retrieval.ts";
import { unseen } from "./digitMetrics.ts";
import type { DigitTuples } from "./digitTuples.ts";
import { allRows, loadDigits } from "./loadDigits.ts";

/** Tuples that the linear maps are fitted to. */
const TUPLES = 5000;
const COMPONENTS = 60;

/** Linear canonical correlation in place of the networks. */
export const ccaDigitsTrial: Trial = {
  variant: "cca",
  summary: `principal components and linear canonical correlation, fitted to ${TUPLES} tuples`,
  seeded: false,
  config: { tuples: TUPLES, components: COMPONENTS },
  run: async (context) => {
    const splits = await loadDigits(context);
    const { test } = splits;
    const result = await runCca({
      train: flat(splits.train, Math.min(TUPLES, splits.train.count)),
      test: flat(test, test.count),
      classes: 10,
      components: COMPONENTS,
      threads: context.threads,
    });
    const first = new Map<number, number>();
    test.writings.forEach((writing, row) => {
      if (!first.has(writing)) first.set(writing, row);
    });
    const rows = [...first.values()];
    const [queries, gallery] = result
      .between("trajectory", "pen-image")
      .map((z) => gatherRows(z, rows));
    return {
      ...result.metrics,
      "accuracy/speech-unseen": unseen(result.predicted["speech"] ?? [], splits),
      ...(queries !== undefined &&
        gallery !== undefined && {
          "retrieval/trajectory->pen-image": retrievalAt1(queries, gallery),
        }),
    };
  },
};

/** Pictures at half and sound at a quarter of their size: the covariances stay small. */
function flat(tuples: DigitTuples, count: number): FlatSplit {
  const { trajectory, speech, ...pictures } = tuples.inputs(allRows(count));
  return {
    labels: tuples.labels.slice(0, count),
    inputs: {
      ...(trajectory !== undefined && { trajectory }),
      ...Object.fromEntries(
        Object.entries(pictures).map(([name, x]) => [name, meanPool(x, [2, 2])]),
      ),
      ...(speech !== undefined && { speech: meanPool(speech, [2, 4]) }),
    },
  };
}
