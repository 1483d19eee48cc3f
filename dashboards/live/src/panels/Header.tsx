import { counted } from "../../../../src/units.ts";
import type { Dashboard } from "../feed/Dashboard.ts";
import { SensorsPanel } from "./SensorsPanel.tsx";
import { VersionsPanel } from "./VersionsPanel.tsx";

/** Who is running, how old what we show is, and whether we are connected. */
export function Header({ dashboard }: { readonly dashboard: Dashboard }) {
  const hello = dashboard.hello.value;
  return (
    <header class="header">
      <h1>
        <span class="brand">sensorium</span>
        {hello !== undefined && <span class="pipeline">{hello.pipeline}</span>}
      </h1>
      <p class="summary" title={hello?.summary}>
        {hello?.summary}
      </p>
      <dl class="facts">
        {hello !== undefined && <Fact name="feed" value={hello.feed} />}
        {hello !== undefined && <SensorsPanel dashboard={dashboard} />}
        {hello !== undefined && <VersionsPanel dashboard={dashboard} />}
        <Recording dashboard={dashboard} />
        <Latency dashboard={dashboard} />
        <Line dashboard={dashboard} />
      </dl>
    </header>
  );
}

function Fact({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <div class={`fact fact-${name}`}>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function Recording({ dashboard }: { readonly dashboard: Dashboard }) {
  const recording = dashboard.streams.value?.recording;
  if (recording === undefined) return null;
  const { state, bytes, problem } = recording;
  return (
    <div class="fact recording" data-recording={state} title={problem ?? ""}>
      <dt>recording</dt>
      <dd>{state === "failed" ? <strong>stopped</strong> : `${(bytes / 1e6).toFixed(1)} MB`}</dd>
    </div>
  );
}

function Latency({ dashboard }: { readonly dashboard: Dashboard }) {
  const latency = dashboard.latency.value;
  if (latency === undefined) return null;
  const { total, hops } = latency;
  const ms = (us: number): string => `${Math.round(us / 1_000)}`;
  const whole = hops.reduce((sum, { p50 }) => sum + p50, 0);
  const detail = hops.map(({ name, p50, p99 }) => `${name}: ${ms(p50)} ms, p99 ${ms(p99)} ms`);
  return (
    <div class="fact latency" title={["from a sensor's frame to this page", ...detail].join("\n")}>
      <dt>latency</dt>
      <dd>
        <strong>{ms(total.p50)}</strong> ms
        <span class="dim"> · p99 {ms(total.p99)}</span>
        {whole > 0 && (
          <span class="hops" aria-hidden="true">
            {hops.map(({ name, p50 }) => (
              <i key={name} style={{ flexGrow: p50 }} />
            ))}
          </span>
        )}
      </dd>
    </div>
  );
}

const LINES = { connecting: "connecting", open: "connected", lost: "offline" } as const;

function Line({ dashboard }: { readonly dashboard: Dashboard }) {
  const { kind } = dashboard.line.value;
  const skipped = dashboard.skipped.value;
  const trip = dashboard.roundTrip.value;
  const detail = [
    trip === undefined ? "" : `there and back ${trip.toFixed(1)} ms`,
    skipped > 0 ? `${counted(skipped, "row")} skipped because this page was slow` : "",
  ].filter(Boolean);
  return (
    <div class="fact line" data-connection={kind} title={detail.join("\n")}>
      <dt>server</dt>
      <dd>
        <span class="dot" aria-hidden="true" />
        {LINES[kind]}
        {skipped > 0 && <span class="dim"> · {skipped} skipped</span>}
      </dd>
    </div>
  );
}
