import type { GraphAttribute } from "./GraphValue.ts";

/** An integer attribute. */
export function int(value: number): GraphAttribute {
  return { kind: "int", value };
}

/** A list-of-integers attribute. */
export function ints(value: readonly number[]): GraphAttribute {
  return { kind: "ints", value: [...value] };
}

/** A float attribute. */
export function float(value: number): GraphAttribute {
  return { kind: "float", value };
}

/** A string attribute. */
export function text(value: string): GraphAttribute {
  return { kind: "string", value };
}
