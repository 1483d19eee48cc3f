import { ShapeError } from "../errors.ts";

/** A dimension: a fixed size, or a letter that must mean the same size wherever it appears. */
export type Dimension = number | string;

/**
 * Checks that tensors have one shape and gives its sizes.
 *
 * ```ts
 * const [B, D] = expectShape("infoNce", ["B", "D"], anchors, positives);
 * ```
 *
 * @param where The function that checks, for the message.
 * @param pattern One entry per dimension: a number is that size, a name stands for any size, the same
 *   for every tensor and every place it appears.
 * @returns The sizes, in the order of the pattern.
 * @throws {ShapeError} If a tensor has another rank or size.
 */
export function expectShape<const P extends readonly Dimension[]>(
  where: string,
  pattern: P,
  ...tensors: readonly { readonly shape: readonly number[] }[]
): { readonly [K in keyof P]: number } {
  const sizes = new Map<string, number>();
  for (const [i, { shape }] of tensors.entries()) {
    const refuse = (): ShapeError => {
      const known = [...sizes].map(([name, size]) => `${name}=${size}`).join(" ");
      const of = tensors.length > 1 ? ` for tensor ${i + 1} of ${tensors.length}` : "";
      const bound = known === "" ? "" : ` with ${known}`;
      return new ShapeError(
        where,
        `expected shape [${pattern.join(", ")}]${bound}${of}, got [${shape.join(", ")}]`,
      );
    };
    if (shape.length !== pattern.length) throw refuse();
    pattern.forEach((dimension, axis) => {
      const size = shape[axis] ?? 0;
      const expected = typeof dimension === "number" ? dimension : (sizes.get(dimension) ?? size);
      if (size !== expected) throw refuse();
      if (typeof dimension === "string") sizes.set(dimension, size);
    });
  }
  const found = pattern.map((dimension) =>
    typeof dimension === "number" ? dimension : (sizes.get(dimension) ?? 0),
  );
  return found as { readonly [K in keyof P]: number };
}
