import type { Dashboard } from "../feed/Dashboard.ts";

const STEP_US = 200_000;

/** Points at the past with the arrow keys, as the mouse does by hovering over the lanes. */
export function LookBack({
  dashboard,
  longest,
}: {
  readonly dashboard: Dashboard;
  /** µs that the axis shows. */
  readonly longest: number;
}) {
  const { pointed } = dashboard;
  const step = (event: KeyboardEvent): void => {
    const behind = pointed.value ?? 0;
    if (event.key === "ArrowLeft") pointed.value = Math.min(longest, behind + STEP_US);
    else if (event.key === "ArrowRight" && behind > STEP_US) pointed.value = behind - STEP_US;
    else if (["ArrowRight", "Escape", "End"].includes(event.key)) pointed.value = undefined;
    else return;
    event.preventDefault();
  };
  const behind = pointed.value;
  return (
    <div
      class="look-back"
      role="slider"
      tabIndex={0}
      aria-label="Look back"
      aria-valuemin={-longest / 1e6}
      aria-valuemax={0}
      aria-valuenow={-(behind ?? 0) / 1e6}
      aria-valuetext={behind === undefined ? "now" : `${(behind / 1e6).toFixed(1)} seconds ago`}
      title="left and right arrow; escape returns to now"
      onKeyDown={step}
      onBlur={() => {
        pointed.value = undefined;
      }}
    >
      ← → look back
    </div>
  );
}
