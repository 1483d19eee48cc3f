import { counted } from "../units.ts";

/**
 * Says what is wrong with a value, or nothing if it is a `T`.
 *
 * `undefined` in place of an exception, because bad input is expected here and arrives in numbers.
 */
export interface Check<T> {
  (value: unknown, path: string): string | undefined;
  /** Only for the type checker: which type a value that passes has. */
  readonly checked?: T;
}

/** A string of at most `most` UTF-16 units. */
export function text(most = 4_096): Check<string> {
  return (value, path) =>
    typeof value === "string" && value.length <= most
      ? undefined
      : mismatch(path, `text of at most ${most}`, value);
}

/** A finite number; with `least` or `most`, one in that range. */
export function number(least = -Infinity, most = Infinity): Check<number> {
  return (value, path) =>
    typeof value === "number" && Number.isFinite(value) && value >= least && value <= most
      ? undefined
      : mismatch(path, `a number in [${least}, ${most}]`, value);
}

/** An integer in [least, most]. */
export function integer<T extends number = number>(
  least = Number.MIN_SAFE_INTEGER,
  most = Number.MAX_SAFE_INTEGER,
): Check<T> {
  return (value, path) =>
    Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most
      ? undefined
      : mismatch(path, `an integer in [${least}, ${most}]`, value);
}

/** `true` or `false`. */
export const boolean: Check<boolean> = (value, path) =>
  typeof value === "boolean" ? undefined : mismatch(path, "true or false", value);

/** Raw bytes. */
export const byteArray: Check<Uint8Array> = (value, path) =>
  value instanceof Uint8Array ? undefined : mismatch(path, "bytes", value);

/** One of a few words. */
export function oneOf<const T extends string>(...words: readonly T[]): Check<T> {
  return (value, path) =>
    words.some((word) => word === value) ? undefined : mismatch(path, words.join(" | "), value);
}

/** Two of a kind. */
export function pairOf<T>(item: Check<T>): Check<readonly [T, T]> {
  return (value, path) => {
    if (!Array.isArray(value) || value.length !== 2) return mismatch(path, "a pair", value);
    return item(value[0], `${path}[0]`) ?? item(value[1], `${path}[1]`);
  };
}

/** A list whose every item passes. */
export function list<T>(item: Check<T>, most = 100_000): Check<readonly T[]> {
  return (value, path) => {
    if (!Array.isArray(value) || value.length > most)
      return mismatch(path, `a list of at most ${most}`, value);
    return first(value.length, (index) => item(value[index], `${path}[${index}]`));
  };
}

/** A map from any names to values that pass. */
export function dictionary<T>(item: Check<T>, most = 1_024): Check<Readonly<Record<string, T>>> {
  return (value, path) => {
    if (!isMap(value)) return mismatch(path, "a map", value);
    const keys = Object.keys(value);
    if (keys.length > most) return mismatch(path, `at most ${most} entries`, keys.length);
    return first(keys.length, (index) => {
      const key = keys[index] ?? "";
      return item(value[key], `${path}.${key}`);
    });
  };
}

/** A map with these fields; others are ignored, so that an older reader understands a newer writer. */
export function record<T extends object>(
  fields: {
    readonly [K in keyof T]-?: Check<T[K]>;
  },
): Check<T> {
  const entries = Object.entries(fields) as [string, Check<unknown>][];
  return (value, path) => {
    if (!isMap(value)) return mismatch(path, "a map", value);
    return first(entries.length, (index) => {
      const [key, check] = entries[index] ?? ["", text()];
      return check(value[key], `${path}.${key}`);
    });
  };
}

/** Absent, or passes. */
export function optional<T>(check: Check<T>): Check<T | undefined> {
  return (value, path) => (value === undefined ? undefined : check(value, path));
}

/** A map whose field `kind` says which check the rest has to pass. */
export function union<T extends { readonly kind: string }>(
  kinds: {
    readonly [K in T["kind"]]: Check<Extract<T, { readonly kind: K }>>;
  },
): Check<T> {
  const checks = new Map<unknown, Check<unknown>>(Object.entries(kinds));
  return (value, path) => {
    if (!isMap(value)) return mismatch(path, "a map", value);
    const check = checks.get(value["kind"]);
    if (check === undefined)
      return mismatch(`${path}.kind`, [...checks.keys()].join(" | "), value["kind"]);
    return check(value, path);
  };
}

/** Words for "expected this, got that", for a value of any size. */
export function mismatch(path: string, expected: string, value: unknown): string {
  return `${path}: expected ${expected}, got ${show(value)}`;
}

function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 32));
  if (value instanceof Uint8Array) return counted(value.byteLength, "byte");
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === "object" && value !== null) return "a map";
  return String(value);
}

function isMap(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Uint8Array)
  );
}

function first(count: number, problem: (index: number) => string | undefined): string | undefined {
  for (let index = 0; index < count; index += 1) {
    const found = problem(index);
    if (found !== undefined) return found;
  }
  return undefined;
}
