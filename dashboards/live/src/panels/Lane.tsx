import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";

import type { FrameLoop } from "../draw/FrameLoop.ts";
import type { Painter } from "../draw/Pen.ts";

/** What a lane is made of. */
export interface LaneProps {
  readonly loop: FrameLoop;
  /** Decides its height, in the style sheet. */
  readonly kind: string;
  /** What the picture shows, for those who cannot see it. */
  readonly label: string;
  readonly painter: Painter;
  readonly children: ComponentChildren;
}

/** One row of the timeline: what it is on the left, what happens on the right. */
export function Lane({ loop, kind, label, painter, children }: LaneProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(
    () => (canvas.current === null ? undefined : loop.add(canvas.current, painter)),
    [loop, painter],
  );
  return (
    <div class={`lane lane-${kind}`}>
      <div class="lane-head">{children}</div>
      <canvas ref={canvas} class="lane-canvas" role="img" aria-label={label} />
    </div>
  );
}
