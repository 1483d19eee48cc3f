import { useComputed } from "@preact/signals";

import type { Dashboard } from "../feed/Dashboard.ts";

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
        </div>
      )}
    </div>
  );
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
  const troubled = useComputed(
    () =>
      dashboard.streams.value?.streams
        .filter(({ state }) => state !== "live")
        .map(({ stream, state }) => `${stream} is ${state}`)
        .join(", ") ?? "",
  );
  return (
    <p class="only-read" aria-live="polite">
      {troubled.value || "every sensor is live"}
    </p>
  );
}
