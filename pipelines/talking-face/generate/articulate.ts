import {
  ARTICULATORS,
  type Articulator,
  type MouthShape,
  VISEMES,
  type Viseme,
} from "./visemes.ts";

/** One phone and when it is said. */
export interface TimedPhone {
  /** Name in flite's US English set; `pau` is a pause. */
  readonly phone: string;
  readonly fromMs: number;
  readonly toMs: number;
}

/** How fast a phone's influence fades with distance in time, in ms; the lips' corners are slow. */
const REACH_MS: Readonly<Record<Articulator, number>> = {
  open: 30,
  spread: 55,
  protrude: 70,
  teeth: 34,
  tongue: 34,
  tuck: 30,
  press: 30,
};

/** The mouth leads the voice into speech and lingers after it by this much, in ms. */
const PAUSE_MARGIN_MS = 110;

interface Aim {
  readonly viseme: Viseme;
  /** Held from here to there. */
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * How the mouth moves through a sequence of phones.
 *
 *     shape_a(t) = Σ_i D_ia(t) · target_ia / Σ_i D_ia(t),   D_ia(t) = dominance_ia · exp(−|t − t_i| / reach_a)
 *
 * Every phone pulls all the time, most at its own; a vowel is rounded before it sounds and a "p" is
 * shut whatever stands beside it. `|t − t_i|` counts from the edge of the phone's steady part.
 *
 * @param phones Ascending, without overlaps. An unknown phone counts as a pause.
 * @returns The shape at any time in ms.
 *
 * Dominance functions: Cohen and Massaro 1993, "Modeling coarticulation in synthetic visual speech".
 */
export function articulate(phones: readonly TimedPhone[]): (timeMs: number) => MouthShape {
  const aims = phones.flatMap(aimsOf);
  const shape: Record<Articulator, number> = {
    open: 0,
    spread: 0,
    protrude: 0,
    teeth: 0,
    tongue: 0,
    tuck: 0,
    press: 0,
  };
  return (timeMs) => {
    for (const articulator of ARTICULATORS) {
      const reach = REACH_MS[articulator];
      let [pull, sum] = [0, 0];
      for (const { viseme, fromMs, toMs } of aims) {
        const distance = Math.max(fromMs - timeMs, timeMs - toMs, 0);
        if (distance > 10 * reach) continue;
        const weight = viseme.dominance[articulator] * Math.exp(-distance / reach);
        pull += weight * viseme.shape[articulator];
        sum += weight;
      }
      shape[articulator] = sum === 0 ? 0 : pull / sum;
    }
    return { ...shape };
  };
}

function aimsOf({ phone, fromMs, toMs }: TimedPhone): Aim[] {
  const length = toMs - fromMs;
  const visemes = VISEMES[phone] ?? VISEMES["pau"] ?? [];
  return visemes.map((viseme) => {
    const centre = fromMs + viseme.at * length;
    const steady = phone === "pau" ? length / 2 - PAUSE_MARGIN_MS : length * 0.12;
    return { viseme, fromMs: centre - Math.max(steady, 0), toMs: centre + Math.max(steady, 0) };
  });
}
