import { numberOf } from "./rowStamps.ts";

/** What lies at a path of names and places (`acc.x`, `points.0`); undefined where nothing does. */
export function fieldAt(value: unknown, path: string): unknown {
  let found = value;
  for (const step of path.split(".")) {
    if (typeof found !== "object" || found === null || !Object.hasOwn(found, step))
      return undefined;
    found = (found as Readonly<Record<string, unknown>>)[step];
  }
  return found;
}

/** The numbers at several paths in one list; a list at a path gives all of its own. */
export function numbersAt(value: unknown, paths: readonly string[]): number[] {
  return paths.flatMap((path) => {
    const found = fieldAt(value, path);
    return Array.isArray(found) ? found.map(numberOf) : [numberOf(found)];
  });
}
