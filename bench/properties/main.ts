/**
 * `npm run properties -- [--runs N] [--seed S] [--only ID] [--path P] [--json]`: tries the properties of the
 * design, P1 to P18, on random cases.
 *
 * Prints the seed, then for each property how many cases it held in. Exits with 1 if one did not hold; what
 * is printed then repeats that case, shrunk. With --json the last line of stdout is one JSON object.
 */
import { randomInt } from "node:crypto";
import { parseArgs } from "node:util";
import fc from "fast-check";

import { alignerProperties } from "../../test/align/properties/all.ts";
import { clockProperties } from "../../test/clock/clockProperties.ts";
import type { Property } from "../../test/support/Property.ts";

/** What became of one property. */
interface Trial {
  readonly id: string;
  readonly title: string;
  /** Cases that it was tried on. */
  readonly cases: number;
  readonly violations: number;
  /** How to try the violating case again, and what it was. */
  readonly again?: string;
  readonly counterexample?: string;
  readonly reason?: string;
}

const USAGE = "properties [--runs N] [--seed S] [--only ID] [--path P] [--json]";
const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "1000" },
    seed: { type: "string", default: String(randomInt(2 ** 31)) },
    only: { type: "string" },
    path: { type: "string" },
    json: { type: "boolean", default: false },
  },
});
const [runs, seed] = [Number(values.runs), Number(values.seed)];
const numberOf = ({ id }: Property): number =>
  Number(/\d+/.exec(id)?.[0] ?? 0) + (id[0] === "P" ? 0 : 99);
const all = [...alignerProperties, ...clockProperties].sort((a, b) => numberOf(a) - numberOf(b));
const chosen = all.filter(({ id }) => values.only === undefined || id === values.only);

if (!(Number.isSafeInteger(runs) && runs > 0 && Number.isSafeInteger(seed))) {
  console.error(`properties: whole numbers expected for runs > 0 and seed, got ${runs}, ${seed}`);
  console.error(USAGE);
  process.exitCode = 2;
} else if (chosen.length === 0) {
  console.error(`properties: one of ${all.map(({ id }) => id).join("; ")} expected`);
  process.exitCode = 2;
} else run();

function run(): void {
  const tell = values.json ? console.error : console.log;
  tell(`seed ${seed}, ${runs} cases of each`);
  const trials = chosen.map((property) => {
    const trial = tried(property);
    const mark = trial.violations === 0 ? "held" : "VIOLATED";
    tell(`${trial.id.padEnd(8)} ${mark} in ${trial.cases} cases: ${trial.title}`);
    if (trial.violations > 0)
      tell(`  ${trial.again}\n  ${trial.counterexample}\n  ${trial.reason}`);
    return trial;
  });
  const cases = trials.reduce((sum, trial) => sum + trial.cases, 0);
  const violations = trials.reduce((sum, trial) => sum + trial.violations, 0);
  tell(`${trials.length} properties, ${cases} cases, ${violations} violations, seed ${seed}`);
  if (values.json)
    console.log(JSON.stringify({ seed, runs, cases, violations, properties: trials }));
  if (violations > 0) process.exitCode = 1;
}

function tried({ id, title, holds }: Property): Trial {
  const { path } = values;
  const details = fc.check(holds, { numRuns: runs, seed, ...(path !== undefined && { path }) });
  const trial = { id, title, cases: details.numRuns, violations: details.failed ? 1 : 0 };
  if (!details.failed) return trial;
  const { counterexample, counterexamplePath, errorInstance } = details;
  return {
    ...trial,
    again: `npm run properties -- --only "${id}" --seed ${seed} --path "${counterexamplePath}"`,
    counterexample: fc.stringify(counterexample),
    reason: errorInstance instanceof Error ? errorInstance.message : String(errorInstance),
  };
}
