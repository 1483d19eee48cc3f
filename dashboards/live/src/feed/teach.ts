import { ask, fieldOf, post } from "./server.ts";

/** Something that a person says happened; times in µs. */
export interface TaughtLabel {
  readonly label: string;
  readonly slot: string;
  readonly from: number;
  readonly to: number;
}

/** One version of the model. */
export interface ModelVersion {
  readonly version: string;
  readonly isServing: boolean;
  /** When it first served, in µs; undefined where nobody says. */
  readonly since: number | undefined;
  /** What it was learnt from; undefined of a weights file. */
  readonly parent: string | undefined;
}

/** Which versions there are, and which is kept by hand. */
export interface Versions {
  readonly versions: readonly ModelVersion[];
  readonly isPinned: boolean;
}

/** What can be done to what serves. */
export type VersionAction =
  | { readonly do: "pin"; readonly version: string }
  | { readonly do: "unpin" }
  | { readonly do: "rollback" };

/** Who says so, where a page does. */
const BY = "dashboard";

/** Puts a label on record. @returns Why it was not, in words; undefined when it was. */
export async function teach(label: TaughtLabel): Promise<string | undefined> {
  const { from, to, ...rest } = label;
  return post("/api/labels", { ...rest, from: Math.round(from), to: Math.round(to), by: BY });
}

/** @returns Undefined where this run keeps no versions. */
export async function versions(): Promise<Versions | undefined> {
  return readVersions((await ask("/api/versions")).value);
}

/** Changes what serves. @returns Why not, in words; undefined when it is done. */
export async function changeVersion(action: VersionAction): Promise<string | undefined> {
  const body = action.do === "pin" ? { version: action.version, by: BY } : { by: BY };
  return post(`/api/versions/${action.do}`, body);
}

/** The part of an answer that is shown; undefined where it is another. */
export function readVersions(answer: unknown): Versions | undefined {
  const known = fieldOf(answer, "versions");
  if (!Array.isArray(known)) return undefined;
  return {
    isPinned: fieldOf(answer, "isPinned") === true,
    versions: known.flatMap((entry: unknown) => {
      const [version, since, parent] = ["version", "since", "parent"].map((name) =>
        fieldOf(entry, name),
      );
      if (typeof version !== "string") return [];
      return [
        {
          version,
          isServing: fieldOf(entry, "isServing") === true,
          since: typeof since === "number" ? since : undefined,
          parent: typeof parent === "string" ? parent : undefined,
        },
      ];
    }),
  };
}
