import fc from "fast-check";
import { describe, it } from "vitest";

import { alignerProperties } from "./properties/all.ts";

/** `npm run properties -- --runs 20000` tries more cases of each. */
const numRuns = 150;
const timeout = 120_000;

describe("of the aligner", () => {
  for (const { id, title, holds } of alignerProperties)
    it(`${id}: ${title}`, { timeout }, () => {
      fc.assert(holds, { numRuns });
    });
});
