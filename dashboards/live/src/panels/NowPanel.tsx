import { useRef } from "preact/hooks";

import { accentOf } from "../draw/colours.ts";
import type { Dashboard, Moment } from "../feed/Dashboard.ts";
import { isSpoken, type NowWord, nowWord, silenceName, utterance } from "../feed/nowWord.ts";

/** Letters from which on a word is written smaller, on two lines if need be. */
const LONG_WORD = 8;
/** Letters from which on two lines would not do at that size. */
const LONGEST_WORD = 20;
/** How long the last word stays to be read after it has ended, in µs of row time. */
const FADE_US = 700_000;
/** More carriers than this need the whole line. */
const FEW_CARRIERS = 2;

/** What a pipeline that answers nothing is good for. */
const UNTRAINED = "no answer yet: record, label, then sensorium train";

/** The word being said right now, large enough for the other end of the room. */
export function NowPanel({ dashboard }: { readonly dashboard: Dashboard }) {
  const last = useRef<{ readonly word: NowWord; readonly time: number } | undefined>(undefined);
  const hello = dashboard.hello.value;
  const moment = dashboard.moment.value;
  if (hello === undefined || moment === undefined) return null;
  const { time } = moment;
  const word = nowWord(hello, dashboard.recent.events, moment.row, time);
  if (word !== undefined) last.current = { word, time };
  const old = last.current;
  const fading = old !== undefined && Math.abs(time - old.time) < FADE_US ? old.word : undefined;
  const shown = word ?? fading;
  const offline = dashboard.line.value.kind !== "open";
  const sensed = (moment.row?.subsets.length ?? 0) > 0;
  const carriers = shown?.carriers ?? [];
  const said = utterance(dashboard.recent.events, time);
  return (
    <section class="now" aria-label="Now">
      <p class="now-kicker">
        {offline
          ? "when the connection broke"
          : hello.untrained
            ? UNTRAINED
            : kicker(moment, sensed, { spoken: isSpoken(hello), past: shown !== word })}
        {shown?.slot ? <span class="now-slot">{shown.slot}</span> : null}
      </p>
      <p
        class="now-word"
        data-role="now-word"
        data-saying={word === undefined ? "nothing" : "word"}
        data-long={(shown?.label.length ?? 0) > LONG_WORD}
        data-longest={(shown?.label.length ?? 0) > LONGEST_WORD}
        data-faded={word === undefined || offline}
      >
        {shown?.label ?? (hello.untrained ? "untrained" : sensed ? silenceName(hello) : "…")}
      </p>
      <div
        class="now-why"
        data-hidden={word === undefined}
        data-many={dashboard.counting.value.length > FEW_CARRIERS}
      >
        <span class="now-confidence">{Math.round((shown?.confidence ?? 0) * 100)} %</span>
        {carriers.length > 0 && carriers.length <= FEW_CARRIERS && (
          <span class="dim">carried by</span>
        )}
        {carriers.map(({ stream, evidence }) => (
          <span
            key={stream}
            class="carrier"
            style={{ "--accent": accentOf(hello.streams, stream) }}
          >
            {stream} {Math.round(evidence * 100)}
          </span>
        ))}
      </div>
      <p class="now-utterance">
        {said.map(({ id, label }) => (
          <span key={id}>{label}</span>
        ))}
      </p>
    </section>
  );
}

function kicker(
  { behind, row }: Moment,
  sensed: boolean,
  { spoken, past }: { readonly spoken: boolean; readonly past: boolean },
): string {
  if (behind > 0) return `${(behind / 1e6).toFixed(1)} s ago`;
  if (row === undefined) return "nothing new";
  if (!sensed) return "nothing is sensed";
  if (past) return spoken ? "just said" : "just happened";
  return spoken ? "being said now" : "happening now";
}
