/**
 * A name that is not taken yet: the name itself, else with the first number from 2 on that makes it free.
 *
 * @example freeName("audio", ["audio"]) // "audio-2"
 */
export function freeName(name: string, taken: readonly string[]): string {
  if (!taken.includes(name)) return name;
  for (let number = 2; ; number++)
    if (!taken.includes(`${name}-${number}`)) return `${name}-${number}`;
}
