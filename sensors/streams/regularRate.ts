import { ConfigError, type Hertz, type StreamDescription } from "../../src/sensing.ts";

/**
 * The rate of a stream that must have one.
 *
 * @param kind The sensor that asks, for the message.
 * @throws {ConfigError} If it has none.
 */
export function regularRate(
  { rate, stream }: Pick<StreamDescription, "rate" | "stream">,
  kind: string,
): Hertz {
  if (rate !== "irregular") return rate;
  throw new ConfigError(`stream ${stream}`, `expected a regular rate for ${kind}, got irregular`);
}
