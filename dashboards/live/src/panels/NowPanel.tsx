import { useRef } from "preact/hooks";

import { accentOf } from "../draw/colours.ts";
import type { Dashboard } from "../feed/Dashboard.ts";
import { type NowWord, nowWord, utterance } from "../feed/nowWord.ts";

/** How long the last word stays to be read after it has ended, in ms of row time. */
const FADE_US = 700_000;

/** The word being said right now, large enough for the other end of the room. */
export function NowPanel({ dashboard }: { readonly dashboard: Dashboard }) {
  const last = useRef<{ readonly word: NowWord; readonly time: number } | undefined>(undefined);
  const hello = dashboard.hello.value;
  const moment = dashboard.moment.value;
  if (hello === undefined || moment === undefined)
    return (
      <section class="now" aria-label="Now">
        <p class="now-word" data-role="now-word" data-saying="nothing">
          …
        </p>
      </section>
    );
  const time = moment.time - hello.lookAhead;
  const word = nowWord(hello, dashboard.recent.events, moment.row, time);
  if (word !== undefined) last.current = { word, time };
  const old = last.current;
  const fading = old !== undefined && Math.abs(time - old.time) < FADE_US ? old.word : undefined;
  const shown = word ?? fading;
  const said = utterance(dashboard.recent.events, time);
  const accent = (stream: string): string =>
    accentOf(hello.streams.find((info) => info.stream === stream)?.modality ?? "");
  return (
    <section class="now" aria-label="Now">
      <p class="now-kicker">
        {moment.behind > 0 ? `${(moment.behind / 1e6).toFixed(1)} s ago` : "being said now"}
        {shown?.slot ? <span class="now-slot">{shown.slot}</span> : null}
      </p>
      <p
        class="now-word"
        data-role="now-word"
        data-saying={word === undefined ? "nothing" : "word"}
        data-faded={word === undefined}
      >
        {shown?.label ?? "silence"}
      </p>
      <div class="now-why" data-hidden={word === undefined}>
        <span class="now-confidence">{Math.round((word?.confidence ?? 0) * 100)} %</span>
        {word !== undefined && word.carriers.length > 0 && <span class="dim">carried by</span>}
        {word?.carriers.map(({ stream, evidence }) => (
          <span key={stream} class="carrier" style={{ "--accent": accent(stream) }}>
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
