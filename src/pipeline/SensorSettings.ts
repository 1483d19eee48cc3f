import { ConfigError } from "../errors.ts";

/**
 * What a sensor was told, read field by field.
 *
 * Options come as plain JSON from a command line or a pipeline; each reader refuses what is missing or
 * of another type, and `end` what nobody read.
 */
export class SensorSettings {
  readonly #where: string;
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #read = new Set<string>();

  /** @param where The sensor, for messages. */
  constructor(where: string, values: Readonly<Record<string, unknown>>) {
    this.#where = where;
    this.#values = values;
  }

  /** @throws {ConfigError} If it is absent without a fallback, or not a string with something in it. */
  text(name: string, fallback?: string): string {
    const value = this.#value(name) ?? fallback;
    if (typeof value !== "string" || value === "") throw this.#refuse(name, "a text", value);
    return value;
  }

  /** @throws {ConfigError} If it is absent without a fallback, or not a finite number. */
  number(name: string, fallback?: number): number {
    const value = this.#value(name) ?? fallback;
    if (typeof value !== "number" || !Number.isFinite(value))
      throw this.#refuse(name, "a number", value);
    return value;
  }

  /** @throws {ConfigError} If it is absent without a fallback, or not a whole number >= `least`. */
  count(name: string, least: number, fallback?: number): number {
    const value = this.number(name, fallback);
    if (!Number.isSafeInteger(value) || value < least)
      throw this.#refuse(name, `a whole number >= ${least}`, value);
    return value;
  }

  /** @throws {ConfigError} If it is absent without a fallback, or none of `choices`. */
  choice<T extends string>(name: string, choices: readonly T[], fallback?: T): T {
    const value = this.#value(name) ?? fallback;
    const chosen = choices.find((choice) => choice === value);
    if (chosen === undefined) throw this.#refuse(name, choices.join(" or "), value);
    return chosen;
  }

  /** @throws {ConfigError} If it is there and not a list of texts. */
  texts(name: string): readonly string[] {
    const value = this.#value(name) ?? [];
    if (!Array.isArray(value) || !value.every((item) => typeof item === "string"))
      throw this.#refuse(name, "a list of texts", value);
    return value;
  }

  /** @throws {ConfigError} If it is there and not `length` finite numbers. */
  numbers(name: string, length: number, fallback: readonly number[]): readonly number[] {
    const value = this.#value(name) ?? fallback;
    if (
      !Array.isArray(value) ||
      value.length !== length ||
      !value.every((item) => Number.isFinite(item))
    )
      throw this.#refuse(name, `${length} numbers`, value);
    return value;
  }

  /** Whether it was told. */
  has(name: string): boolean {
    return this.#value(name) !== undefined;
  }

  /** @throws {ConfigError} If something was told that no reader asked for: most likely a misspelling. */
  end(): void {
    const strange = Object.keys(this.#values).find((name) => !this.#read.has(name));
    if (strange !== undefined)
      throw new ConfigError(
        this.#where,
        `expected options ${[...this.#read].join(", ")}, got ${strange}`,
      );
  }

  #value(name: string): unknown {
    this.#read.add(name);
    return Object.hasOwn(this.#values, name) ? this.#values[name] : undefined;
  }

  #refuse(name: string, expected: string, got: unknown): ConfigError {
    const shown = got === undefined ? "nothing" : JSON.stringify(got);
    return new ConfigError(this.#where, `option ${name}: expected ${expected}, got ${shown}`);
  }
}
