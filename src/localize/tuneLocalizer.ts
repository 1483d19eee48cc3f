import type { EventSpan } from "../frames/EventSpan.ts";
import type { Reading } from "../frames/Reading.ts";
import { EventLocalizer, type EventLocalizerOptions } from "./EventLocalizer.ts";
import { type LocalizeSettings, localizeSettings } from "./LocalizeSettings.ts";
import type { Extent } from "./matchExtents.ts";
import { eventF1 } from "./score.ts";

/** Readings in order, and what was true of them. */
export interface TuningLine {
  readonly readings: readonly Reading[];
  readonly truth: readonly Extent[];
}

/** Settings that were tried, and what they came to. */
export interface TuningTrial {
  readonly settings: LocalizeSettings;
  /** Event F1, the mean over the lines. */
  readonly eventF1: number;
}

/** What is tried of each setting, one after the other. The lag is the reader's choice: it costs delay. */
const TRIED = {
  priorExponent: [0, 0.25, 0.5, 0.75, 1],
  switchCost: [1, 2, 3, 4, 5, 6, 8],
  onsetCost: [1, 2, 3, 4, 5, 6, 8],
  offsetCost: [1, 2, 3, 4, 5, 6, 8],
  leastRows: [1, 2, 3, 4],
} as const;

/** Better by less than this is no better: settings are not to follow the last event of a recording. */
const LEAST_GAIN = 5e-4;

/**
 * Looks for the settings with the best event F1 on validation lines: one setting after the other, over
 * and over, until none gets better.
 *
 * @param lines Not what the model was trained on, nor what it is judged by later.
 * @param options Where to begin; `lagRows`, `overlap` and `backing` stay.
 * @param onTrial Called with each trial.
 * @returns The best trial.
 */
export function tuneLocalizer(
  lines: readonly TuningLine[],
  options: EventLocalizerOptions,
  onTrial: (trial: TuningTrial) => void = () => undefined,
): TuningTrial {
  const score = (settings: LocalizeSettings): TuningTrial => {
    const f1 = lines.map(({ readings, truth }) => {
      const localizer = new EventLocalizer({ ...options, ...settings });
      const spans: EventSpan[] = readings.flatMap((reading) => localizer.push(reading));
      spans.push(...localizer.flush());
      return eventF1(
        spans.filter(({ state }) => state === "final"),
        truth,
      ).f1;
    });
    const trial = { settings, eventF1: f1.reduce((sum, value) => sum + value, 0) / f1.length };
    onTrial(trial);
    return trial;
  };
  let best = score(localizeSettings(settingsIn(options)));
  for (let improved = true; improved; ) {
    improved = false;
    for (const [name, values] of Object.entries(TRIED))
      for (const value of values) {
        if (best.settings[name as keyof typeof TRIED] === value) continue;
        const trial = score({ ...best.settings, [name]: value });
        if (trial.eventF1 < best.eventF1 + LEAST_GAIN) continue;
        best = trial;
        improved = true;
      }
  }
  return best;
}

function settingsIn(options: EventLocalizerOptions): Partial<LocalizeSettings> {
  const { classes: _classes, prior: _prior, silence: _silence, ...rest } = options;
  const { slots: _slots, period: _period, ...settings } = rest;
  return settings;
}
