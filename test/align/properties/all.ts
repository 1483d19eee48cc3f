import type { Property } from "../../support/Property.ts";
import { anything } from "./anything.ts";
import { emptiness } from "./emptiness.ts";
import { nothingLate } from "./nothingLate.ts";
import { revisions } from "./revisions.ts";
import { waiting } from "./waiting.ts";

/** Every property of the aligner. */
export const alignerProperties: readonly Property[] = [
  ...nothingLate,
  ...anything,
  ...waiting,
  ...revisions,
  ...emptiness,
];
