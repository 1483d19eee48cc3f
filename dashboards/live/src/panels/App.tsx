import { useComputed } from "@preact/signals";
import { useEffect } from "preact/hooks";

import type { FrameLoop } from "../draw/FrameLoop.ts";
import type { Dashboard } from "../feed/Dashboard.ts";
import { DrillPanel } from "./DrillPanel.tsx";
import { Announcer, ExplanationCard, Notices } from "./Explanation.tsx";
import { Header } from "./Header.tsx";
import { NowPanel } from "./NowPanel.tsx";
import { Probabilities } from "./Probabilities.tsx";
import { Timeline } from "./Timeline.tsx";

/** How often the words about the state are looked at while nothing is drawn, in ms. */
const IDLE_MS = 250;

/** The whole page. */
export function App({
  dashboard,
  loop,
}: {
  readonly dashboard: Dashboard;
  readonly loop: FrameLoop;
}) {
  const hello = dashboard.hello.value;
  const empty = useComputed(() => dashboard.moment.value === undefined);
  useEffect(() => {
    // Without lanes, or in a tab that is not shown, no frame asks.
    const timer = setInterval(() => dashboard.frame(), IDLE_MS);
    return () => clearInterval(timer);
  }, [dashboard]);
  const pipeline = hello?.pipeline;
  useEffect(() => {
    if (pipeline !== undefined) document.title = `${pipeline} · sensorium`;
  }, [pipeline]);
  return (
    <main class="page">
      <Header dashboard={dashboard} />
      {empty.value ? null : (
        <div class="answer">
          <NowPanel dashboard={dashboard} />
          <Probabilities dashboard={dashboard} />
          <DrillPanel dashboard={dashboard} />
        </div>
      )}
      <ExplanationCard dashboard={dashboard} />
      {hello !== undefined && <Timeline dashboard={dashboard} hello={hello} loop={loop} />}
      <Notices dashboard={dashboard} />
      <Announcer dashboard={dashboard} />
    </main>
  );
}
