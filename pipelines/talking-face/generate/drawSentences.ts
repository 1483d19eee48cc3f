import { ConfigError, type Rng } from "../../../src/sensing.ts";
import { SLOT_NAMES, SLOTS } from "../corpus/grammar.ts";

/**
 * Draws different sentences in which the words of each slot come up equally often.
 *
 * Slots are drawn independently of each other: nothing in a sentence tells what its letter is.
 *
 * @param exclude Sentences, words joined by spaces, that must not be drawn.
 * @returns `count` sentences of six words.
 * @throws {ConfigError} If the grammar has not that many left.
 */
export function drawSentences(
  count: number,
  rng: Rng,
  exclude: ReadonlySet<string> = new Set(),
): string[][] {
  const decks = SLOT_NAMES.map(() => [] as string[]);
  const seen = new Set(exclude);
  const sentences: string[][] = [];
  for (let tries = 0; sentences.length < count; tries++) {
    if (tries > 20 * count + 1_000)
      throw new ConfigError(
        "drawSentences",
        `expected ${count} sentences, found ${sentences.length}`,
      );
    const words = SLOT_NAMES.map((name, slot) => {
      const deck = decks[slot] ?? [];
      if (deck.length === 0) deck.push(...rng.shuffle([...SLOTS[name]]));
      return deck.pop() ?? "";
    });
    const text = words.join(" ");
    if (seen.has(text)) continue;
    seen.add(text);
    sentences.push(words);
  }
  return sentences;
}
