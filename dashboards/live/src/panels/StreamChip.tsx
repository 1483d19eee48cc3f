import type { StreamInfo, StreamState } from "../../../../src/server/protocol.ts";
import { accentOf } from "../draw/colours.ts";
import type { Dashboard } from "../feed/Dashboard.ts";

/** Whose chip it is. */
export interface StreamChipProps {
  readonly dashboard: Dashboard;
  readonly info: StreamInfo;
}

const SAID: Readonly<Record<StreamState["state"], string>> = {
  starting: "starting",
  live: "live",
  broken: "not believed",
  late: "late",
  idle: "idle",
  rejoining: "rejoining",
  unplugged: "unplugged",
  ended: "ended",
};

/** How one stream is, and the button that pulls its plug. */
export function StreamChip({ dashboard, info }: StreamChipProps) {
  const state = dashboard.streams.value?.streams.find(({ stream }) => stream === info.stream);
  const name = state?.state ?? "starting";
  const streams = dashboard.hello.value?.streams ?? [];
  const stale = dashboard.line.value.kind !== "open";
  const gone = name === "unplugged" || name === "ended";
  return (
    <div
      class="chip"
      data-stream={info.stream}
      data-state={name}
      data-stale={stale}
      style={{ "--accent": accentOf(streams, info.stream) }}
    >
      <div class="chip-title">
        <span class="chip-name">{info.stream}</span>
        <span class="chip-state">
          <span class="dot" aria-hidden="true" />
          {SAID[name]}
        </span>
      </div>
      {state?.doubt === undefined ? (
        <div class="chip-facts">
          <span title="frames per second, measured">{rateOf(info, state)}</span>
          <span title="age of the newest frame">{ageOf(state)}</span>
          <Aligned dashboard={dashboard} stream={info.stream} />
          {!info.counts && <span title="not part of the answer">shown only</span>}
        </div>
      ) : (
        <p class="chip-doubt" role="note" title="it speaks, and is left out of the answer">
          {state.doubt.text}
        </p>
      )}
      <div class="chip-foot">
        {state?.pluggable !== false && (
          <button
            type="button"
            class="plug"
            aria-label={`${gone ? "Replug" : "Unplug"} ${info.stream}`}
            disabled={state === undefined || stale}
            onClick={() => dashboard.plug(gone ? "replug" : "unplug", info.stream)}
          >
            {gone ? "Replug" : "Unplug"}
          </button>
        )}
        <Troubles state={state} />
      </div>
    </div>
  );
}

/** How near what it says lies to what all say together. */
function Aligned({
  dashboard,
  stream,
}: {
  readonly dashboard: Dashboard;
  readonly stream: string;
}) {
  const gauge = dashboard.gauges.value?.alignment.find((each) => each.stream === stream);
  if (gauge?.cosine === undefined) return null;
  const title = [
    `cosine to the joint embedding ${gauge.cosine.toFixed(2)}, over the last minute`,
    gauge.dca === undefined ? "" : `component analysis (DCA) ${gauge.dca.toFixed(2)}`,
  ];
  return (
    <span class="aligned" title={title.filter(Boolean).join("\n")}>
      cos {gauge.cosine.toFixed(2)}
    </span>
  );
}

function Troubles({ state }: { readonly state: StreamState | undefined }) {
  const counters = Object.entries(state?.counters ?? {}).filter(([, count]) => count > 0);
  if (counters.length === 0) return null;
  const total = counters.reduce((sum, [, count]) => sum + count, 0);
  const detail = counters.map(([reason, count]) => `${reason} ${count}`).join(", ");
  const title = state?.problem === undefined ? detail : `${detail}\n${state.problem}`;
  return (
    <span class="troubles" title={title} role="note" aria-label={`not used: ${detail}`}>
      {counters.length === 1 ? detail : `${total} not used`}
    </span>
  );
}

function rateOf(info: StreamInfo, state: StreamState | undefined): string {
  if (state === undefined) return "–";
  const digits = state.rate >= 10 ? 0 : 1;
  return info.rate > 0 && state.rate === 0 ? "0 Hz" : `${state.rate.toFixed(digits)} Hz`;
}

function ageOf(state: StreamState | undefined): string {
  if (state?.age === undefined) return "";
  const ms = state.age / 1_000;
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  return ms < 60_000 ? `${(ms / 1_000).toFixed(1)} s` : `${Math.floor(ms / 60_000)} min`;
}
