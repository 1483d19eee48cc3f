import type fc from "fast-check";

/** Something that always holds, to be tried on random cases: by the tests, or at length by a command. */
export interface Property {
  /** `P1` to `P18` are those of the design; a letter tells several of one number apart. */
  readonly id: string;
  /** What holds, as a sentence. */
  readonly title: string;
  /** Fails by throwing. */
  readonly holds: fc.IRawProperty<unknown, false>;
}

/** A property, with the types of its cases forgotten. */
export function property<Case>(
  id: string,
  title: string,
  holds: fc.IRawProperty<Case, false>,
): Property {
  return { id, title, holds: holds as fc.IRawProperty<unknown, false> };
}
