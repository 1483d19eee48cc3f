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
