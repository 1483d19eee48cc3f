import type { MetricTable } from "../../Study.ts";

/** Below this a gain is within what two runs of the same training differ by. */
const NOISE = 0.02;

/** The parts of CMG and of our addition, by the variant that lacks them. */
const PARTS: Readonly<Record<string, string>> = {
  "paper-set": "the same-frame contrast (CLUB at 0.01 added)",
  "no-contrast": "contrast and prediction together",
  "no-mm-ema": "MM-EMA with the cross commitment",
  "no-reset": "the reset of unused codes",
  "no-cmcm": "L_cmcm",
  "no-cpc": "Cross-CPC",
};

/** What the figures of a set with heads mean. */
export function transferVerdict(metrics: MetricTable): string {
  const full = meanTransfer(metrics, "");
  if (full === undefined) return "The method itself was not run.";
  const of = (variant: string): string => {
    const value = meanTransfer(metrics, variant);
    return value === undefined ? "not run" : value.toFixed(3);
  };
  const parts = Object.entries(PARTS).flatMap(([variant, part]) => {
    const value = meanTransfer(metrics, variant);
    if (value === undefined) return [];
    const gain = full - value;
    const margin = Math.max(NOISE, spread(metrics, "") + spread(metrics, variant));
    const told = `${gain >= 0 ? "+" : "−"}${(100 * Math.abs(gain)).toFixed(1)} points`;
    if (gain > margin) return [`${part} earns its place (${told})`];
    return [
      gain < -margin
        ? `${part} does harm here (${told})`
        : `${part} does not earn its place here: within noise (${told})`,
    ];
  });
  return `Means over all directions. CMG with the same-frame contrast carries a head across at ${full.toFixed(3)}, which is
${share(metrics)} of what the same heads reach on their own modality. Beside it: linear CCA ${of("cca")}, the contrast
alone without codes ${of("clip")}, plain VQ ${of("plain-vq")}, pairs drawn apart ${of("shuffled")}, fresh encoders
${of("no-pretraining")}; CLUB at 0.01 ${of("club-0.01")}, at the published weight 1 ${of("club-1")}.

What each part is worth: ${parts.length === 0 ? "not measured in this run" : parts.join("; ")}.

The paper's claim that a shared codebook lets a head move to a modality without labels is ${full > 1.5 * (meanTransfer(metrics, "shuffled") ?? full) ? "borne out" : "not shown by this run"};
its claim that its own parts suffice is not where \`paper-set\` stays clearly behind. ${costOfCodes(full, meanTransfer(metrics, "clip"))}`;
}

/** What discrete codes cost against the continuous vectors of the contrast alone. */
function costOfCodes(full: number, continuous: number | undefined): string {
  if (continuous === undefined) return "";
  return continuous > full + NOISE
    ? `Discrete codes cost accuracy
against the continuous vectors of the contrast alone; what they give in exchange is one name per frame that all
sensors share.`
    : `Discrete codes cost nothing
against the continuous vectors of the contrast alone.`;
}

/** The trials of the drawn world, as a sentence names them. */
const DRAWN: Readonly<Record<string, string>> = {
  "": "full objective",
  "club-0": "without CLUB",
  "club-1": "CLUB at the published weight 1",
  "no-cpc": "without prediction",
  "no-mm-ema": "without MM-EMA, cross commitment and L_cmcm",
  "plain-vq": "baseline",
  shuffled: "pairs drawn apart",
};

/** An accuracy of index transfer that eight classes give by chance, with room. */
const BARELY = 0.2;

/** What the figures of the drawn world mean; only what was run is told. */
export function syntheticVerdict(metrics: MetricTable): string {
  const full = meanTransfer(metrics, "");
  if (full === undefined) return "The method itself was not run.";
  const found = Object.entries(DRAWN).flatMap(([variant, name]) => {
    const value = meanTransfer(metrics, variant);
    return value === undefined ? [] : [`${name} ${value.toFixed(3)}`];
  });
  const compare = (variant: string, tell: (value: number) => string): string[] => {
    const value = meanTransfer(metrics, variant);
    return value === undefined ? [] : [tell(value)];
  };
  const told = [
    ...compare("plain-vq", (value) =>
      value <= BARELY && full > value + NOISE
        ? "As in the paper's second table the baseline shares hardly an index."
        : "Against the paper's second table the baseline shares indices too.",
    ),
    ...compare("no-mm-ema", (value) =>
      value <= BARELY && full > value + NOISE
        ? "Only moving codes by pairs makes indices common."
        : "Indices become common without moving codes by pairs.",
    ),
    ...compare("club-0", (value) =>
      value >= full - NOISE ? "CLUB is not needed." : "CLUB earns its place.",
    ),
    ...compare("club-1", (value) =>
      value < full - NOISE
        ? "At its published weight CLUB does harm to what the codes say."
        : "CLUB at its published weight does no harm.",
    ),
  ];
  return [`Index transfer, mean of both directions: ${found.join(", ")}.`, ...told].join("\n");
}

function transferNames(metrics: MetricTable, variant: string): string[] {
  const suffix = variant === "" ? "" : `@${variant}`;
  return Object.keys(metrics).filter(
    (name) =>
      name.startsWith("transfer/") && (suffix === "" ? !name.includes("@") : name.endsWith(suffix)),
  );
}

function meanOf(values: readonly number[]): number | undefined {
  return values.length === 0
    ? undefined
    : values.reduce((sum, value) => sum + value, 0) / values.length;
}

function meanTransfer(metrics: MetricTable, variant: string): number | undefined {
  return meanOf(transferNames(metrics, variant).map((name) => metrics[name]?.mean ?? 0));
}

function spread(metrics: MetricTable, variant: string): number {
  return meanOf(transferNames(metrics, variant).map((name) => metrics[name]?.std ?? 0)) ?? 0;
}

/** Transfer over the ceilings of the modalities it arrives at. */
function share(metrics: MetricTable): string {
  const shares = transferNames(metrics, "").flatMap((name) => {
    const ceiling = metrics[`ceiling/${name.split("->")[1]}`]?.mean;
    return ceiling === undefined ? [] : [(metrics[name]?.mean ?? 0) / ceiling];
  });
  const mean = meanOf(shares);
  return mean === undefined ? "an unknown share" : `${(100 * mean).toFixed(0)} %`;
}
