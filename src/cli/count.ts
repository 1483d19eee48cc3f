import { InvalidArgumentError } from "commander";

/**
 * Reads a count from the command line.
 *
 * @throws {InvalidArgumentError} If the text is not a whole number of 0 or more.
 */
export function count(value: string): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number) || number < 0)
    throw new InvalidArgumentError(`expected a whole number of 0 or more, got ${value}`);
  return number;
}

/**
 * Reads a TCP port from the command line.
 *
 * @throws {InvalidArgumentError} If the text is none; 0 lets the system choose.
 */
export function port(value: string): number {
  const number = count(value);
  if (number > 65_535) throw new InvalidArgumentError(`expected a port up to 65535, got ${value}`);
  return number;
}
