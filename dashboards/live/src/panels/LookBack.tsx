import type { Dashboard } from "../feed/Dashboard.ts";

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
  const onKey = (event: KeyboardEvent): void => {
    const { step } = dashboard.scale.value;
    const behind = pointed.value ?? 0;
    if (event.key === "ArrowLeft") pointed.value = Math.min(longest, behind + step);
    else if (event.key === "ArrowRight" && behind > step) pointed.value = behind - step;
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
      onKeyDown={onKey}
      onBlur={() => {
        pointed.value = undefined;
      }}
    >
      ← → look back
    </div>
  );
}
