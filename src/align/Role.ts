import { ConfigError } from "../errors.ts";

/**
 * What a stream means to the rows.
 *
 * - `required`: a row waits until the stream is known as far as its policy needs, is idle or closed, or
 *   lags by more than the skew bound
 * - `optional`: no row waits for it; a row has what was there when it went out. Its frames are late only by
 *   its own lateness bound: what comes after a row may still be part of the next
 * - `primary`: required, and the rows stand at its frames instead of the grid's instants
 *
 * All streams alike, optional ones too, let time pass: a row is due once any one of them has come so far.
 */
export type Role = "primary" | "required" | "optional";

/**
 * The one primary stream among the roles, if there is one.
 *
 * @throws {ConfigError} If there are several, or a role is given to a stream without a policy.
 */
export function primaryAmong(
  roles: Readonly<Record<string, Role>>,
  columns: Readonly<Record<string, unknown>>,
): string | undefined {
  const primaries: string[] = [];
  for (const [stream, role] of Object.entries(roles)) {
    if (!Object.hasOwn(columns, stream))
      throw new ConfigError("Aligner", `expected a policy for each role, got none for ${stream}`);
    if (role === "primary") primaries.push(stream);
  }
  if (primaries.length > 1)
    throw new ConfigError("Aligner", `expected one primary stream at most, got ${primaries}`);
  return primaries[0];
}
