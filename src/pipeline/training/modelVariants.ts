import type { ModelPlan } from "../../learn/ModelPlan.ts";

/** One way of making a pipeline's model, beside the way it is made. */
export interface ModelVariant {
  /** Empty for the model as it is; else what its figures carry after the `@`. */
  readonly name: string;
  /** What it is, in a line. */
  readonly summary: string;
  readonly plan?: ModelPlan;
  /** Streams that it is trained without, and scored without. */
  readonly without?: readonly string[];
  /** Whether temperatures are fitted after training. */
  readonly calibrate?: boolean;
}

/** Share of the projected dimensions that are common where they are split: what DeCUR's code has. */
const COMMON_SHARE = 0.75;

/**
 * A pipeline's model with each part switched, without what its plan asks for in training, and a specialist for
 * each subset of its streams.
 *
 * @param streams Those that count, in pipeline order.
 */
export function modelVariants(own: ModelPlan, streams: readonly string[]): readonly ModelVariant[] {
  const embedding = own.embedding ?? 48;
  const parts: readonly ModelVariant[] = [
    { name: "", summary: "the model as it is" },
    {
      name: "no-codes",
      summary: "without CMG's codes: the head reads z itself, no commitment",
      plan: { parts: { ...own.parts, quantised: false } },
    },
    {
      name: "no-contrast",
      summary: "without GMC's contrast",
      plan: { loss: { ...own.loss, gmc: { weight: 0, temperature: 0.1, rows: 3 } } },
    },
    {
      name: "fusion-token",
      summary: "a fusion token reads the streams by modality attention (IML-RS)",
      plan: { parts: { ...own.parts, fusion: { kind: "tokens", heads: 4 } } },
    },
    {
      name: "split",
      summary: "with DeCUR's split into common and unique dimensions",
      plan: {
        loss: {
          ...own.loss,
          decur: { weight: 0.02, common: Math.round(COMMON_SHARE * embedding), lambda: 0.0051 },
        },
      },
    },
    {
      name: "head-turns",
      summary: "streams and joint take turns at the head (MLA)",
      plan: { loss: { ...own.loss, headTurns: true } },
    },
    {
      name: "calibrated",
      summary: "with temperatures of the streams' answers fitted on what was held out (MLA)",
      calibrate: true,
    },
  ];
  const habits: readonly ModelVariant[] = [
    {
      name: "one-order",
      summary: "every epoch meets the events in the order in which they were recorded",
      isOff: own.training?.shuffled !== true,
      plan: { training: { shuffled: false } },
    },
    {
      name: "no-smoothing",
      summary: "without label smoothing",
      isOff: (own.loss?.labelSmoothing ?? 0) === 0,
      plan: { loss: { ...own.loss, labelSmoothing: 0 } },
    },
    {
      name: "no-events",
      summary: "without the cross-entropy of whole events",
      isOff: (own.loss?.events ?? 0) === 0,
      plan: { loss: { ...own.loss, events: 0 } },
    },
  ].flatMap(({ isOff, ...variant }) => (isOff ? [] : [variant]));
  const specialists = Array.from({ length: 2 ** streams.length - 2 }, (_, at) =>
    streams.filter((__, member) => ((at + 1) >> member) & 1),
  ).map((kept) => ({
    name: `only-${kept.join("+")}`,
    summary: `a specialist that knows of nothing but ${kept.join(" and ")}`,
    without: streams.filter((name) => !kept.includes(name)),
  }));
  return [...parts, ...habits, ...specialists];
}
