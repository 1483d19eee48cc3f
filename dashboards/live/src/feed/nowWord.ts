import type { HelloMessage, LiveEvent, Row } from "../../../../src/server/protocol.ts";

/** The word that is being said at an instant. */
export interface NowWord {
  readonly label: string;
  /** What kind of word it is: "digit"; empty where there is one kind. */
  readonly slot: string;
  /** In [0, 1]. */
  readonly confidence: number;
  /** Evidence of each stream that backs it, strongest first, in [0, 1]. */
  readonly carriers: readonly { readonly stream: string; readonly evidence: number }[];
}

/** How long after its end a word is still the one being said, in µs: words follow without a pause. */
const LINGER_US = 160_000;
/** A pause that ends an utterance, in µs: longer than a stop consonant, shorter than a breath. */
const PAUSE_US = 400_000;
/** How long an utterance stays to be read after its last word, in µs. */
const LEGIBLE_US = 1_500_000;
/** Words that fit on one line. */
const MOST_WORDS = 8;

/**
 * The word being said at `time`, as the localised events have it: they are smoothed, one row's best class
 * is not.
 *
 * @returns undefined in silence.
 */
export function nowWord(
  hello: HelloMessage,
  events: Iterable<LiveEvent>,
  row: Row | undefined,
  time: number,
): NowWord | undefined {
  let event: LiveEvent | undefined;
  for (const candidate of events)
    if (candidate.from <= time && time < candidate.to + LINGER_US)
      if (event === undefined || candidate.from > event.from) event = candidate;
  if (event === undefined) return undefined;
  const { label, score, evidence } = event;
  // Past its end the rows speak about what comes next, and would call the word improbable.
  const now =
    time < event.to
      ? row?.fused.find((candidate) => hello.classes[candidate.class] === label)
      : undefined;
  return {
    label,
    slot: slotOf(hello, label),
    confidence: now?.probability ?? score,
    carriers: event.modalities.map((stream) => ({ stream, evidence: evidence[stream] ?? 0 })),
  };
}

/** The words of the utterance that `time` falls in or follows, oldest first. */
export function utterance(events: Iterable<LiveEvent>, time: number): LiveEvent[] {
  const past = [...events].filter(({ from }) => from <= time).sort((a, b) => b.from - a.from);
  const words: LiveEvent[] = [];
  let next = past[0]?.to ?? time;
  if (time - next > LEGIBLE_US) return [];
  for (const event of past) {
    if (next - event.to > PAUSE_US || words.length === MOST_WORDS) break;
    words.unshift(event);
    next = event.from;
  }
  return words;
}

/** Whether what happens is said: somewhere there are words to it. */
export function isSpoken({ streams }: HelloMessage): boolean {
  return streams.some(({ view }) => view.kind === "captions");
}

/** What the class that means nothing is called. */
export function silenceName(hello: HelloMessage): string {
  return isSpoken(hello) ? "silence" : "nothing";
}

/** The slot that a label fills; empty where it fills none. */
export function slotOf({ slots }: HelloMessage, label: string): string {
  return Object.entries(slots).find(([, labels]) => labels.includes(label))?.[0] ?? "";
}
