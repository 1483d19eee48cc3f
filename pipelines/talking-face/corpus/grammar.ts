/** The six slots of a sentence in spoken order, each with the words that fill it. */
export const SLOTS = {
  command: ["bin", "lay", "place", "set"],
  colour: ["blue", "green", "red", "white"],
  preposition: ["at", "by", "in", "with"],
  letter: [..."abcdefghijklmnopqrstuvxyz"],
  digit: ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"],
  adverb: ["again", "now", "please", "soon"],
} as const satisfies Record<string, readonly string[]>;

/** Name of a slot. */
export type SlotName = keyof typeof SLOTS;

/** The slots' names in spoken order. */
export const SLOT_NAMES = Object.keys(SLOTS) as readonly SlotName[];

/** What is said when no word is. */
export const SILENCE = "sil";

/** All labels: silence, then the words slot by slot; a label's index is its class in the model. */
export const VOCABULARY: readonly string[] = [
  SILENCE,
  ...SLOT_NAMES.flatMap((name) => SLOTS[name]),
];

const SLOT_OF_WORD: ReadonlyMap<string, SlotName> = new Map(
  SLOT_NAMES.flatMap((name) => SLOTS[name].map((word) => [word, name] as const)),
);

/** The slot that a word fills; undefined for silence and for words of no slot. */
export function slotOf(word: string): SlotName | undefined {
  return SLOT_OF_WORD.get(word);
}
