import type { Candidate, HelloMessage } from "../../../../src/server/protocol.ts";
import { accentOf, COLOURS } from "../draw/colours.ts";
import type { Dashboard } from "../feed/Dashboard.ts";
import { silenceName } from "../feed/nowWord.ts";

/** Classes per answer, and where many streams share the room. */
const BARS = 5;
const FEW_BARS = 3;
/** Letters from which on names need more room. */
const LONG_NAME = 8;
/** Streams beside each other. */
const ABREAST = 3;

/** What everything together, and each stream alone, takes to be most probable. */
export function Probabilities({ dashboard }: { readonly dashboard: Dashboard }) {
  const hello = dashboard.hello.value;
  const row = dashboard.moment.value?.row;
  if (hello === undefined) return null;
  const singles = hello.streams.filter(({ counts }) => counts);
  const most = singles.length > ABREAST ? FEW_BARS : BARS;
  return (
    <section
      class="probabilities"
      aria-label="Class probabilities"
      data-long={hello.classes.some(({ length }) => length > LONG_NAME)}
      data-many={singles.length > ABREAST}
      data-abreast={singles.length > 1 ? singles.length + 1 : 1}
    >
      {singles.length > 1 && (
        <Bars hello={hello} name="together" accent={COLOURS.text} top={row?.fused} most={most} />
      )}
      {singles.map(({ stream }) => (
        <Bars
          key={stream}
          hello={hello}
          name={stream}
          alone={singles.length > 1}
          most={most}
          accent={accentOf(hello.streams, stream)}
          top={row?.streams[stream]?.reading?.top}
          weight={row?.streams[stream]?.reading?.weight}
        />
      ))}
    </section>
  );
}

interface BarsProps {
  readonly hello: HelloMessage;
  readonly name: string;
  /** Whether others are asked as well. */
  readonly alone?: boolean;
  readonly accent: string;
  readonly top: readonly Candidate[] | undefined;
  readonly most: number;
  readonly weight?: number | undefined;
}

function Bars({ hello, name, alone = false, accent, top, most, weight }: BarsProps) {
  return (
    <div class="bars" style={{ "--accent": accent }}>
      <h2>
        <span class="bars-name" title={alone ? `${name} alone` : name}>
          {name}
          {alone && <span class="bars-alone"> alone</span>}
        </span>
        {weight !== undefined && (
          <span class="dim" title="its share in the answer">
            {Math.round(weight * 100)} %
          </span>
        )}
      </h2>
      {top === undefined || top.length === 0 ? (
        <p class="bars-none">says nothing</p>
      ) : (
        <ol>
          {top.slice(0, most).map(({ class: index, probability }, rank) => (
            <li key={rank}>
              <span class="bar-label" title={nameOf(hello, index)}>
                {nameOf(hello, index)}
              </span>
              <span class="bar" aria-hidden="true">
                <i style={{ transform: `scaleX(${probability})` }} />
              </span>
              <span class="bar-value">{Math.round(probability * 100)}</span>
            </li>
          ))}
        </ol>
      )}
    </div>
  );
}

function nameOf(hello: HelloMessage, index: number): string {
  const label = hello.classes[index] ?? `#${index}`;
  return label === hello.silence ? silenceName(hello) : label;
}
