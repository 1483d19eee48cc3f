import { ConfigError } from "../../errors.ts";

/** Which modalities step in a round, and in which order. */
export interface RoundOrderOptions {
  /** `fixed`: as configured. `weakFirst`: by running loss, the highest first. Default `fixed`. */
  readonly order?: "fixed" | "weakFirst";
  /**
   * A modality whose running loss is below this share of the others' mean sits the round out: it has
   * learnt enough for now. 0, never, unless given; in [0, 1).
   */
  readonly skipBelow?: number;
  /** Decay of the running losses per round, in [0, 1). Default 0.9. */
  readonly decay?: number;
}

/**
 * Chooses the steps of each round of alternating training from how the modalities do.
 *
 * Key behaviours: until every modality has told a loss, all step in the configured order; a round
 * always has at least one step, since the weakest is never below the others' mean.
 *
 * Weak to strong: after arXiv:2506.00030 (2025); skipping: after AMST (ECML-PKDD 2025). Both are options:
 * docs/mla.md says what they did here.
 */
export class RoundOrder {
  readonly #modalities: readonly string[];
  readonly #order: "fixed" | "weakFirst";
  readonly #skipBelow: number;
  readonly #decay: number;
  readonly #losses = new Map<string, number>();

  /** @throws {ConfigError} If `skipBelow` or `decay` is not in [0, 1). */
  constructor(
    modalities: readonly string[],
    { order = "fixed", skipBelow = 0, decay = 0.9 }: RoundOrderOptions = {},
  ) {
    for (const [name, value] of Object.entries({ skipBelow, decay }))
      if (!(value >= 0 && value < 1))
        throw new ConfigError("RoundOrder", `${name} must be in [0, 1), got ${value}`);
    this.#modalities = modalities;
    this.#order = order;
    this.#skipBelow = skipBelow;
    this.#decay = decay;
  }

  /** Takes the loss of a step just done. */
  observe(modality: string, loss: number): void {
    const known = this.#losses.get(modality);
    this.#losses.set(
      modality,
      known === undefined ? loss : this.#decay * known + (1 - this.#decay) * loss,
    );
  }

  /** The modalities that step in the next round, in order. */
  next(): readonly string[] {
    const losses = this.#modalities.map((name) => ({ name, loss: this.#losses.get(name) }));
    const told = losses.flatMap(({ name, loss }) => (loss === undefined ? [] : [{ name, loss }]));
    if (told.length < losses.length || told.length < 2) return this.#modalities;
    const total = told.reduce((sum, { loss }) => sum + loss, 0);
    const stepping = told.filter(
      ({ loss }) => loss >= (this.#skipBelow * (total - loss)) / (told.length - 1),
    );
    if (this.#order === "weakFirst") stepping.sort((a, b) => b.loss - a.loss);
    return stepping.map(({ name }) => name);
  }
}
