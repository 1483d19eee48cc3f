import { SensorError } from "../../../src/sensing.ts";
import { slotOf } from "../corpus/grammar.ts";
import type { SpokenWord } from "../corpus/SpeechClip.ts";
import type { TimedPhone } from "./articulate.ts";

/** What flite's lexicon makes of each word of the grammar. */
const PHONES: Readonly<Record<string, string>> = {
  bin: "b ih n",
  lay: "l ey",
  place: "p l ey s",
  set: "s eh t",
  blue: "b l uw",
  green: "g r iy n",
  red: "r eh d",
  white: "w ay t",
  at: "ae t",
  by: "b ay",
  in: "ih n",
  with: "w ih dh",
  a: "ey",
  b: "b iy",
  c: "s iy",
  d: "d iy",
  e: "iy",
  f: "eh f",
  g: "jh iy",
  h: "ey ch",
  i: "ay",
  j: "jh ey",
  k: "k ey",
  l: "eh l",
  m: "eh m",
  n: "eh n",
  o: "ow",
  p: "p iy",
  q: "k y uw",
  r: "aa r",
  s: "eh s",
  t: "t iy",
  u: "y uw",
  v: "v iy",
  x: "eh k s",
  y: "w ay",
  z: "z eh d",
  zero: "z ih r ow",
  one: "w ah n",
  two: "t uw",
  three: "th r iy",
  four: "f ao r",
  five: "f ay v",
  six: "s ih k s",
  seven: "s eh v ax n",
  eight: "ey t",
  nine: "n ay n",
  again: "ax g eh n",
  now: "n aw",
  please: "p l iy z",
  soon: "s uw n",
};

/** Letters that flite would take for words, or say the American way: the corpus is British. */
const SPELT: Readonly<Record<string, string>> = { a: "ay", z: "zed" };

/** The text that makes flite say these words of the grammar. */
export function textOf(words: readonly string[]): string {
  return words.map((word) => SPELT[word] ?? word).join(" ");
}

/**
 * From when to when each word was said.
 *
 * The phones are told apart by the words' known pronunciations, so a word ends exactly where its
 * last phone does. Pauses between words are left out of both.
 *
 * @param words Words of the grammar, in order.
 * @throws {SensorError} If the phones are not these words: better no sentence than a wrong truth.
 */
export function timesOf(words: readonly string[], phones: readonly TimedPhone[]): SpokenWord[] {
  const spoken = phones.filter(({ phone }) => phone !== "pau");
  let next = 0;
  const times = words.map((label) => {
    const own = spoken.slice(next, next + (PHONES[label]?.split(" ").length ?? 0));
    next += own.length;
    const [first, last] = [own[0], own.at(-1)];
    const said = own.map(({ phone }) => phone).join(" ");
    const slot = slotOf(label);
    if (first === undefined || last === undefined || slot === undefined || said !== PHONES[label])
      throw new SensorError("timesOf", `expected "${PHONES[label]}" for "${label}", got "${said}"`);
    return { label, slot, fromMs: first.fromMs, toMs: last.toMs };
  });
  if (next !== spoken.length)
    throw new SensorError("timesOf", `expected ${next} phones, got ${spoken.length}`);
  return times;
}
