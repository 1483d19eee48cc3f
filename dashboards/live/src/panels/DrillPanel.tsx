import type { Dashboard } from "../feed/Dashboard.ts";
import { type DrillLine, drill } from "../feed/drill.ts";
import { silenceName } from "../feed/nowWord.ts";

/** What would be answered if a sensor were lost now, and what that was worth in the last minute. */
export function DrillPanel({ dashboard }: { readonly dashboard: Dashboard }) {
  const hello = dashboard.hello.value;
  const moment = dashboard.moment.value;
  // With one sensor there is nothing to forecast: the panel would say the same for ever.
  if (hello !== undefined && dashboard.counting.value.length < 2) return null;
  const lines =
    hello === undefined || moment?.row === undefined
      ? []
      : drill(hello, dashboard.gauges.value?.subsets ?? [], moment.row);
  return (
    <section class="drill" aria-label="Robustness drill">
      <h2>
        if a sensor were lost <span class="dim">last minute</span>
      </h2>
      {lines.length === 0 ? (
        <p class="bars-none">{remains(dashboard)}</p>
      ) : (
        <ul>
          {lines.map((line) => (
            <Line
              key={line.lost.join()}
              line={line}
              silent={
                hello !== undefined && line.label === hello.silence
                  ? silenceName(hello)
                  : line.label
              }
            />
          ))}
        </ul>
      )}
    </section>
  );
}

function Line({ line, silent }: { readonly line: DrillLine; readonly silent: string }) {
  const { lost, probability, same, agreement } = line;
  return (
    <li class="drill-line" data-same={same} title={detailOf(line)}>
      <span class="drill-lost">without {listed(lost)}</span>
      <span class="drill-answer">
        {silent} <small>{percent(probability)}</small>
      </span>
      <span class="meter" data-level={levelOf(agreement)} aria-hidden="true">
        <i style={{ transform: `scaleX(${agreement ?? 0})` }} />
      </span>
      <span class="drill-agreement">
        {agreement === undefined ? "nothing to compare yet" : `same answer ${percent(agreement)} %`}
        {line.accuracy !== undefined && (
          <>
            {" · "}
            <span class="drill-accuracy">right {percent(line.accuracy)} %</span>
          </>
        )}
      </span>
    </li>
  );
}

/** How much a loss would hurt, in three steps. */
function levelOf(agreement: number | undefined): string {
  if (agreement === undefined) return "unknown";
  return agreement >= 0.9 ? "good" : agreement >= 0.75 ? "fair" : "poor";
}

function detailOf({ left, agreement, eventAgreement, accuracy }: DrillLine): string {
  const lines = [`with ${listed(left)} alone, over the last minute:`];
  if (agreement !== undefined) lines.push(`same answer as together: ${percent(agreement)} %`);
  if (eventAgreement !== undefined)
    lines.push(`while something happened: ${percent(eventAgreement)} %`);
  if (accuracy !== undefined) lines.push(`right where it was labelled: ${percent(accuracy)} %`);
  return lines.length === 1 ? "nothing to compare yet" : lines.join("\n");
}

function listed(streams: readonly string[]): string {
  return streams.length < 3
    ? streams.join(" and ")
    : `${streams.slice(0, -1).join(", ")} and ${streams.at(-1)}`;
}

function percent(share: number): string {
  return `${Math.round(share * 100)}`;
}

function remains(dashboard: Dashboard): string {
  const states = dashboard.streams.value?.streams ?? [];
  const counting = dashboard.counting.value;
  const live = states.filter(
    ({ stream, state }) => counting.includes(stream) && (state === "live" || state === "late"),
  );
  if (live.length === 1) return `Only ${live[0]?.stream} is left: without it there is no answer.`;
  if (live.length > 1) return "No new row to try it on.";
  return "Nothing is sensed, so nothing can be lost.";
}
