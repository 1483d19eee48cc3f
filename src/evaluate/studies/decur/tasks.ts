import { ConfigError } from "../../../errors.ts";
import type { DecurTask } from "./DecurTask.ts";
import { fuelTask } from "./fuelTask.ts";
import { houstonTask } from "./houstonTask.ts";
import { utdTask } from "./utdTask.ts";

const TASKS: Readonly<Record<string, () => DecurTask>> = {
  houston2013_pixels: houstonTask,
  rs_fuel_moisture: fuelTask,
  utd_mhad: utdTask,
};

/** Real sets that the study knows. */
export const REAL_SETS: readonly string[] = Object.keys(TASKS);

/** @throws {ConfigError} If the study does not know the set. */
export function taskOf(set: string): DecurTask {
  const task = TASKS[set];
  if (task === undefined)
    throw new ConfigError("decur", `expected ${REAL_SETS.join(" or ")}, got ${set}`);
  return task();
}
