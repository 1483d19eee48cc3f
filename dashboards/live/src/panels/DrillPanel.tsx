import type { Dashboard } from "../feed/Dashboard.ts";
import { type DrillLine, drill } from "../feed/drill.ts";

/** What would be answered if a sensor were lost now; before it happens. */
export function DrillPanel({ dashboard }: { readonly dashboard: Dashboard }) {
  const hello = dashboard.hello.value;
  const moment = dashboard.moment.value;
  const lines =
    hello === undefined || moment?.row === undefined
      ? []
      : drill(hello, dashboard.recent.rows, moment.row);
  return (
    <section class="drill" aria-label="Robustness drill">
      <h2>if a sensor were lost</h2>
      {lines.length === 0 ? (
        <p class="bars-none">{remains(dashboard)}</p>
      ) : (
        <ul>
          {lines.map((line) => (
            <Line
              key={line.lost.join()}
              line={line}
              silent={line.label === hello?.silence ? "silence" : line.label}
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
    <li class="drill-line" data-same={same}>
      <span class="drill-lost">without {lost.join(" and ")}</span>
      <span class="drill-answer">
        {silent} <small>{Math.round(probability * 100)}</small>
      </span>
      <span class="drill-agreement">
        {agreement === undefined
          ? ""
          : `same answer in ${Math.round(agreement * 100)} % of the time shown`}
      </span>
    </li>
  );
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
