import { useComputed } from "@preact/signals";

import { accentOf } from "../draw/colours.ts";
import type { Dashboard } from "../feed/Dashboard.ts";
import type { WaitLine } from "../feed/explain.ts";

/** Why there is nothing new to see, when there is not; in place of the answer when there never was any. */
export function ExplanationCard({ dashboard }: { readonly dashboard: Dashboard }) {
  const explanation = dashboard.explanation.value;
  const empty = dashboard.moment.value === undefined;
  return (
    <div class="explanation" role="status" data-role="explanation" data-empty={empty}>
      {explanation !== undefined && (
        <div class="explanation-card" data-tone={explanation.tone}>
          <strong>{explanation.title}</strong>
          <span>{explanation.detail}</span>
          {explanation.waits !== undefined && (
            <ul class="waits" aria-label="What is waited for">
              {explanation.waits.map((wait) => (
                <Wait key={wait.stream} wait={wait} accent={accentIn(dashboard, wait.stream)} />
              ))}
            </ul>
          )}
        </div>
      )}
    </div>
  );
}

function Wait({ wait, accent }: { readonly wait: WaitLine; readonly accent: string }) {
  return (
    <li style={{ "--accent": accent }}>
      <span class="wait-stream">{wait.stream}</span>
      <span class="wait-lacks">{wait.lacks}</span>
      <span class="wait-detail">{wait.detail}</span>
      <span class="wait-state">{wait.state}</span>
    </li>
  );
}

function accentIn({ hello }: Dashboard, stream: string): string {
  return accentOf(hello.value?.streams ?? [], stream);
}

/** What went wrong a moment ago, for a moment. */
export function Notices({ dashboard }: { readonly dashboard: Dashboard }) {
  return (
    <div class="notices" role="log" aria-label="Notices">
      {dashboard.notices.value.map(({ id, text }) => (
        <p key={id}>{text}</p>
      ))}
    </div>
  );
}

/** Reads out which sensors are not as they should be, whenever that changes. */
export function Announcer({ dashboard }: { readonly dashboard: Dashboard }) {
  const said = useComputed(() => {
    const { streams = [] } = dashboard.streams.value ?? {};
    const troubled = streams.filter(({ state }) => state !== "live");
    if (troubled.length > 0)
      return troubled.map(({ stream, state }) => `${stream} is ${state}`).join(", ");
    return streams.length > 0 ? "every sensor is live" : "";
  });
  return (
    <p class="only-read" data-role="announcer" aria-live="polite">
      {said}
    </p>
  );
}
