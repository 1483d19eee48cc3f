import type { HelloMessage } from "../../../../src/server/protocol.ts";

/** As long as the server takes them. */
const LONGEST = 256;

/** Labels to choose from: the model's classes; of a pipeline that is yet to be trained, those it was written for. */
export function offeredLabels({ classes, silence, slots }: HelloMessage): readonly string[] {
  if (classes.length > 0) return classes;
  return [silence, ...Object.values(slots).flat()].filter((label) => label !== "");
}

/** Why a label cannot be given, in words; undefined where it can: without a model, any name will do. */
export function problemOf({ classes }: HelloMessage, label: string): string | undefined {
  if (label === "") return "There is no class without a name.";
  if (label.length > LONGEST) return `A label has at most ${LONGEST} letters.`;
  if (classes.length === 0 || classes.includes(label)) return undefined;
  return `There is no class ${label}.`;
}
