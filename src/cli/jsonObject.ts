import { ConfigError } from "../errors.ts";

/**
 * The JSON object that a flag holds.
 *
 * @throws {ConfigError} If it is none.
 */
export function jsonObject(flag: string, text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new ConfigError(flag, `expected JSON, got ${text}`, { cause });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new ConfigError(flag, `expected a JSON object, got ${text}`);
  return value as Readonly<Record<string, unknown>>;
}

/** What a flag holds that takes a name or a JSON object. @throws {ConfigError} If it begins as JSON and is none. */
export function nameOrObject(
  flag: string,
  text: string,
): string | Readonly<Record<string, unknown>> {
  return /^\s*[[{]/.test(text) ? jsonObject(flag, text) : text;
}
