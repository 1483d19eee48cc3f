import type { CmgConfig } from "../../../models/cmg/config.ts";
import { paperPreset } from "../../../models/cmg/presets.ts";

/** One way to train CMG that a study compares. */
export interface Ablation {
  readonly variant: string;
  readonly summary: string;
  readonly config: CmgConfig;
}

/** How the losses' parts are called where one of them is left out. */
type Part = "cpc" | "club" | "cmcm" | "contrast";

function without(config: CmgConfig, ...parts: readonly Part[]): CmgConfig {
  const kept = Object.entries(config).filter(([name]) => !parts.includes(name as Part));
  return Object.fromEntries(kept) as unknown as CmgConfig;
}

function withoutReset({ codebook, ...config }: CmgConfig): CmgConfig {
  const { reset: _, ...kept } = codebook;
  return { ...config, codebook: kept };
}

/**
 * CLUB by eq. 5 with the released bound on ln σ², rising over a quarter of the run. (With ln σ² down to −8
 * and y normalised the estimate is unbounded, and a hundredth of it already did harm.)
 */
function withClub(config: CmgConfig, weight: number, steps: number): CmgConfig {
  const { club } = paperPreset({ modalities: [] });
  return club === undefined
    ? config
    : { ...config, club: { ...club, weight, logVariance: "tanh", warmup: Math.round(steps / 4) } };
}

/** Cross-CPC at its published weights: without the contrast it has to carry the transfer. */
function withPublishedPrediction({ cpc, ...config }: CmgConfig): CmgConfig {
  return cpc === undefined
    ? config
    : { ...config, cpc: { ...cpc, crossWeight: 1, selfWeight: 0.1 } };
}

/**
 * CMG less one part at a time, as the paper's tables do it, and the sets of parts between ours and plain
 * quantisation.
 *
 * @param base The configuration under test, with the same-frame contrast and without CLUB.
 * @param steps Length of the run.
 */
export function ablations(base: CmgConfig, steps: number): readonly Ablation[] {
  const solitary: CmgConfig = {
    ...base,
    codebook: { ...base.codebook, partner: { kind: "none" } },
    commitment: { ...base.commitment, cross: 0 },
  };
  const row = (variant: string, summary: string, config: CmgConfig): Ablation => ({
    variant,
    summary,
    config,
  });
  return [
    row(
      "paper-set",
      "The paper's own parts: no same-frame contrast, prediction at full weight, CLUB at 0.01",
      withClub(withPublishedPrediction(without(base, "contrast")), 0.01, steps),
    ),
    row(
      "no-contrast",
      "Neither the same-frame contrast nor Cross-CPC: MM-EMA, cross commitment and L_cmcm alone",
      without(base, "contrast", "cpc"),
    ),
    row(
      "plain-vq",
      "Plain VQ in one codebook: own EMA and commitment, nothing across",
      without(solitary, "contrast", "cpc", "cmcm"),
    ),
    row("club-0.01", "With CLUB at 0.01", withClub(base, 0.01, steps)),
    row("club-1", "With CLUB at the published weight 1", withClub(base, 1, steps)),
    row("no-mm-ema", "Codes move by each modality's own vectors, no cross commitment", solitary),
    row("no-reset", "Unused codes stay where they are", withoutReset(base)),
    row("no-cmcm", "Without L_cmcm", without(base, "cmcm")),
    row("no-cpc", "Without Cross-CPC", without(base, "cpc")),
  ];
}
