import { expect, it } from "vitest";

import { learningMessage } from "../../src/server/learningMessage.ts";

type Report = Parameters<typeof learningMessage>[0];

const plain: Report = { serving: "tiny-1", isPinned: false, versions: [], changes: [] };
const labels = { given: 9, learnt: 8, held: 7, tooLate: 6 };

it("says of a run in which nothing learns what serves", () => {
  expect(learningMessage(plain)).toEqual({
    kind: "learning",
    version: "tiny-1",
    isPinned: false,
    isLearning: false,
    labels: { given: 0, learnt: 0, held: 0, tooLate: 0 },
    published: 0,
    discarded: 0,
    rolledBack: 0,
  });
});

it("tells the last change and the last verdict, and counts", () => {
  const verdict = (publish: boolean, reason: string, held: number) => ({
    ...{ publish, reason },
    figures: { serving: 0.75, candidate: 0.875, held },
  });
  const report = {
    ...plain,
    isPinned: true,
    changes: [
      { cause: "learnt", by: "learner", reason: "better" },
      { cause: "pin", by: "Ann", reason: "it was better yesterday" },
    ],
    learner: {
      isLearning: true,
      verdicts: [verdict(false, "worse", 4), verdict(true, "better", 16)],
      ...{ labels, published: 5, discarded: 4, rolledBack: 3 },
    },
  } as unknown as Report;
  expect(learningMessage(report)).toEqual({
    kind: "learning",
    version: "tiny-1",
    isPinned: true,
    isLearning: true,
    cause: "pin",
    by: "Ann",
    reason: "it was better yesterday",
    verdict: { published: true, reason: "better", serving: 0.75, candidate: 0.875, held: 16 },
    labels,
    published: 5,
    discarded: 4,
    rolledBack: 3,
  });
});
