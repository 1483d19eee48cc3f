import type { VersionsReport } from "../pipeline/Learning.ts";
import type { LearningMessage } from "./messages.ts";

/** How the learning of a run stands, as a dashboard is told. */
export function learningMessage({
  serving,
  isPinned,
  changes,
  learner,
}: VersionsReport): LearningMessage {
  const last = changes.at(-1);
  const verdict = learner?.verdicts.at(-1);
  return {
    kind: "learning",
    version: serving,
    isPinned,
    isLearning: learner?.isLearning ?? false,
    ...(last?.cause !== undefined && { cause: last.cause }),
    ...(last?.by !== undefined && { by: last.by }),
    ...(last?.reason !== undefined && { reason: last.reason }),
    ...(verdict !== undefined && {
      verdict: {
        published: verdict.publish,
        reason: verdict.reason,
        serving: verdict.figures.serving,
        candidate: verdict.figures.candidate,
        held: verdict.figures.held,
      },
    }),
    labels: {
      given: learner?.labels.given ?? 0,
      learnt: learner?.labels.learnt ?? 0,
      held: learner?.labels.held ?? 0,
      tooLate: learner?.labels.tooLate ?? 0,
    },
    published: learner?.published ?? 0,
    discarded: learner?.discarded ?? 0,
    rolledBack: learner?.rolledBack ?? 0,
  };
}
