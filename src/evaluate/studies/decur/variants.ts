import type { DecurConfig } from "../../../models/decur/config.ts";
import type { EmbeddedViews } from "../../../models/decur/loss.ts";
import type { Tensor } from "../../../tensor/tf.ts";
import { simclrCross, vicregCross } from "./crossObjectives.ts";

/** One way of pretraining: DeCUR, DeCUR without a part, or another method on the same networks. */
export interface Variant {
  readonly variant: string;
  readonly summary: string;
  /** What it changes in the configuration. */
  change?(config: DecurConfig): DecurConfig;
  /** A loss other than DeCUR's. */
  readonly objective?: (views: readonly EmbeddedViews[]) => Tensor;
  /** Whether encoders keep their first, random weights. */
  readonly isUntrained?: boolean;
  /**
   * Run with one seed only, for the spread of the method is what it is held against: everywhere, or on
   * the set with deformable attention, whose trials take longest.
   */
  readonly isAside?: "everywhere" | "attention";
  /** Where it is tried: on sets with deformable attention, or on those without; on all unless given. */
  readonly where?: "attention" | "no-attention";
}

const withLoss =
  (loss: Partial<DecurConfig["loss"]>) =>
  (config: DecurConfig): DecurConfig => ({ ...config, loss: { ...config.loss, ...loss } });

/** All dimensions common. */
const withoutUnique = (config: DecurConfig): Partial<DecurConfig["loss"]> => ({
  common: config.projector.dimensions,
});

/** The method first, then what it is compared with, then its ablation. */
export const VARIANTS: readonly Variant[] = [
  { variant: "", summary: "DeCUR, weighted as its released code" },
  {
    variant: "barlow-cross",
    summary: "Barlow Twins across modalities: all dimensions common, no term within a modality",
    change: (config) => withLoss({ ...withoutUnique(config), terms: { intra: 0 } })(config),
  },
  {
    variant: "simclr-cross",
    summary: "SimCLR across modalities",
    objective: simclrCross,
  },
  { variant: "vicreg", summary: "VICReg across modalities", objective: vicregCross },
  { variant: "random", summary: "encoders never trained", isUntrained: true },
  {
    variant: "no-decoupling",
    isAside: "attention",
    summary: "without unique dimensions: all K are common, terms within modalities stay",
    change: (config) => withLoss(withoutUnique(config))(config),
  },
  {
    variant: "no-intra",
    isAside: "attention",
    summary: "without the terms within a modality",
    change: withLoss({ terms: { intra: 0 } }),
  },
  {
    variant: "no-cross",
    isAside: "everywhere",
    summary: "without the terms across modalities: Barlow Twins in each by itself",
    change: withLoss({ terms: { common: 0, unique: 0 } }),
  },
  {
    variant: "no-unique",
    isAside: "everywhere",
    summary: "without the term that keeps unique dimensions apart",
    change: withLoss({ terms: { unique: 0 } }),
  },
  {
    variant: "paper-weights",
    isAside: "everywhere",
    summary: "cross terms weighted as in the paper, twice the code's",
    change: withLoss({ weighting: "paper" }),
  },
  {
    variant: "shared-projector",
    isAside: "everywhere",
    summary: "one projector for all modalities, as in the released code",
    where: "no-attention",
    change: (config) => ({ ...config, projector: { ...config.projector, isShared: true } }),
  },
  {
    variant: "online",
    isAside: "everywhere",
    summary: "statistics remembered from batch to batch, half each time",
    where: "no-attention",
    change: (config) => ({ ...config, online: { decay: 0.5 } }),
  },
  {
    variant: "no-attention",
    isAside: "everywhere",
    summary: "without deformable attention",
    where: "attention",
    change: (config) => ({ ...config, modalities: config.modalities.map(withoutAttention) }),
  },
];

function withoutAttention(modality: DecurConfig["modalities"][number]) {
  const { encoder } = modality;
  if (encoder.kind === "vector") return modality;
  const bare = <S extends { readonly attention?: unknown }>(
    stages: readonly S[],
  ): readonly Omit<S, "attention">[] => stages.map(({ attention: _, ...stage }) => stage);
  const stages = bare(encoder.stages);
  if (encoder.kind === "series") return { ...modality, encoder: { ...encoder, stages } };
  return { ...modality, encoder: { ...encoder, stages, image: bare(encoder.image) } };
}

/** A configuration as a variant has it. */
export function changed({ change }: Variant, config: DecurConfig): DecurConfig {
  return change === undefined ? config : change(config);
}
