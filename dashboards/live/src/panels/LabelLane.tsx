import { useEffect, useRef, useState } from "preact/hooks";

import type { HelloMessage } from "../../../../src/server/protocol.ts";
import { drawSeconds } from "../draw/drawAxis.ts";
import { drawLabels, type Stretch } from "../draw/drawLabels.ts";
import type { FrameLoop } from "../draw/FrameLoop.ts";
import type { Dashboard } from "../feed/Dashboard.ts";
import { LabelForm } from "./LabelForm.tsx";

/** Shorter than this is a click, not a stretch, in µs. */
const LEAST_US = 40_000;
/** What the button marks where nothing was found lately, in µs. */
const RECENT_US = 1_000_000;

export interface LabelLaneProps {
  readonly dashboard: Dashboard;
  readonly hello: HelloMessage;
  readonly loop: FrameLoop;
}

/**
 * What is known to have happened; dragging over it, or its button, says something more.
 *
 * What is marked is kept in the pipeline's time: it moves on with the lanes while its name is written.
 */
export function LabelLane({ dashboard, hello, loop }: LabelLaneProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const marked = useRef<Stretch | undefined>(undefined);
  const started = useRef<number | undefined>(undefined);
  const [form, setForm] = useState<(Stretch & { readonly guess: string }) | undefined>(undefined);
  useEffect(
    () =>
      canvas.current === null
        ? undefined
        : loop.add(canvas.current, (pen) => {
            drawSeconds(pen);
            drawLabels(pen, dashboard.recent.truth, marked.current);
          }),
    [loop, dashboard],
  );
  const timeAt = (clientX: number): number | undefined => {
    const rect = canvas.current?.getBoundingClientRect();
    const edge = dashboard.frame();
    if (rect === undefined || edge === undefined) return undefined;
    const share = Math.min(Math.max((rect.right - clientX) / rect.width, 0), 1);
    return edge - share * loop.span(rect.width);
  };
  const close = (): void => {
    marked.current = undefined;
    setForm(undefined);
  };
  const open = (stretch: Stretch): void => {
    marked.current = stretch;
    const middle = (stretch.from + stretch.to) / 2;
    const found = [...dashboard.recent.events].find(
      ({ from, to }) => from <= middle && middle < to,
    );
    setForm({ ...stretch, guess: found?.label ?? "" });
  };
  const openLatest = (): void => {
    const now = dashboard.moment.value?.time;
    if (now === undefined) return;
    const last = [...dashboard.recent.events]
      .filter(({ from, to }) => from <= now && to > now - 3 * RECENT_US)
      .at(-1);
    open(last ?? { from: now - RECENT_US, to: now });
  };
  return (
    <div class="lane lane-labels">
      <div class="lane-head head-plain head-labels">
        <h2>labels</h2>
        <button
          type="button"
          class="plug"
          title="label the last event; or drag over the lane"
          onClick={openLatest}
        >
          Label…
        </button>
      </div>
      <canvas
        ref={canvas}
        class="lane-canvas labels-canvas"
        role="img"
        aria-label="What is known to have happened; drag over it to label"
        onPointerDown={(event) => {
          if (event.button !== 0) return;
          started.current = timeAt(event.clientX);
          event.currentTarget.setPointerCapture(event.pointerId);
          close();
        }}
        onPointerMove={(event) => {
          const [from, to] = [started.current, timeAt(event.clientX)];
          if (from === undefined || to === undefined) return;
          marked.current = { from: Math.min(from, to), to: Math.max(from, to) };
        }}
        onPointerUp={() => {
          started.current = undefined;
          const stretch = marked.current;
          if (stretch === undefined) return;
          if (stretch.to - stretch.from < LEAST_US) marked.current = undefined;
          else open(stretch);
        }}
        onPointerCancel={() => {
          started.current = undefined;
          close();
        }}
      />
      {form !== undefined && (
        <LabelForm hello={hello} dashboard={dashboard} stretch={form} onClose={close} />
      )}
    </div>
  );
}
