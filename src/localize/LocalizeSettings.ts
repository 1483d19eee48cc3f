import type { Overlap } from "./chainPlans.ts";

/** How stubbornly readings become events: what `sensorium tune` finds on validation. */
export interface LocalizeSettings {
  /** Which events may overlap. */
  readonly overlap: Overlap;
  /** Exponent of the prior that is divided out of the posterior. */
  readonly priorExponent: number;
  /** Cost of a change from one label to another, in nats. */
  readonly switchCost: number;
  /** Cost of a change from silence to a label, in nats. */
  readonly onsetCost: number;
  /** Cost of a change from a label to silence, in nats. Below `onsetCost`: hysteresis. */
  readonly offsetCost: number;
  /** Rows after which a decision is final: the delay of final spans. */
  readonly lagRows: number;
  /** Shortest event, in rows. */
  readonly leastRows: number;
  /** A stream backs a label when its own mean probability of it is at least this. */
  readonly backing: number;
}

/** Good for events of some rows each, at 25 rows a second. */
export const LOCALIZE_DEFAULTS: LocalizeSettings = {
  overlap: "exclusive",
  priorExponent: 0.5,
  switchCost: 4,
  onsetCost: 4,
  offsetCost: 4,
  lagRows: 6,
  leastRows: 2,
  backing: 0.3,
};

/** Settings filled up: changes from and to silence cost what any change costs unless said otherwise. */
export function localizeSettings(settings: Partial<LocalizeSettings> = {}): LocalizeSettings {
  const { switchCost = LOCALIZE_DEFAULTS.switchCost } = settings;
  return { ...LOCALIZE_DEFAULTS, onsetCost: switchCost, offsetCost: switchCost, ...settings };
}
