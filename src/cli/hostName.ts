import { InvalidArgumentError } from "commander";

/**
 * Reads a host's name from the command line, without scheme and port.
 *
 * @returns It as browsers say it: lower case, other alphabets in ASCII.
 * @throws {InvalidArgumentError} If the text is none.
 */
export function hostName(value: string): string {
  const url = `http://${value}`;
  // A name alone: what else an address has, stars included, is no part of one.
  if (/^[^\s/:@?#*[\]]+$/.test(value) && URL.canParse(url)) return new URL(url).hostname;
  throw new InvalidArgumentError(`expected a host's name, like lab.example, got ${value}`);
}
