import { useEffect, useMemo, useRef } from "preact/hooks";

import type { HelloMessage, StreamInfo } from "../../../../src/server/protocol.ts";
import { ColumnStrip } from "../draw/ColumnStrip.ts";
import { accentOf, PICTURE_TABLE, SOUND_TABLE } from "../draw/colours.ts";
import { drawAxis, drawSeconds } from "../draw/drawAxis.ts";
import { drawCaptions } from "../draw/drawCaptions.ts";
import { drawCodes } from "../draw/drawCodes.ts";
import { drawEvents } from "../draw/drawEvents.ts";
import { drawGaps } from "../draw/drawGaps.ts";
import { drawPresence } from "../draw/drawPresence.ts";
import type { FrameLoop } from "../draw/FrameLoop.ts";
import { LineStrip } from "../draw/LineStrip.ts";
import type { Painter } from "../draw/Pen.ts";
import { PictureStrip } from "../draw/PictureStrip.ts";
import type { Dashboard } from "../feed/Dashboard.ts";
import type { Recent } from "../feed/Recent.ts";
import { sharedCodes } from "../feed/sharedCodes.ts";
import { timeScale } from "../feed/timeScale.ts";
import { LabelLane } from "./LabelLane.tsx";
import { Lane } from "./Lane.tsx";
import { LookBack } from "./LookBack.tsx";
import { StreamChip } from "./StreamChip.tsx";

/** What the timeline is made of. */
export interface TimelineProps {
  readonly dashboard: Dashboard;
  readonly hello: HelloMessage;
  readonly loop: FrameLoop;
}

/** Share of a picture in the mean that the trace of motion is drawn against: about two seconds. */
const FORGETTING = 0.02;

/** All lanes on one axis: what was sensed, the codes it became, and the events found in it. */
export function Timeline({ dashboard, hello, loop }: TimelineProps) {
  const { recent } = dashboard;
  const painters = useMemo(() => paintersOf(recent, hello), [recent, hello]);
  useEffect(() => painters.stop, [painters]);
  const body = useRef<HTMLElement>(null);
  const canvasOf = (): DOMRect | undefined =>
    body.current?.querySelector("canvas")?.getBoundingClientRect();
  const span = loop.span(canvasOf()?.width ?? 0);
  const point = (clientX: number): void => {
    const rect = canvasOf();
    if (rect === undefined || clientX < rect.left || clientX > rect.right) {
      dashboard.pointed.value = undefined;
      return;
    }
    const share = (rect.right - clientX) / rect.width;
    dashboard.pointed.value = share * loop.span(rect.width);
  };
  const pointed = dashboard.pointed.value;
  return (
    <section
      ref={body}
      class="timeline"
      aria-label="Timeline"
      onPointerMove={(event) => point(event.clientX)}
      onPointerLeave={() => point(Number.NEGATIVE_INFINITY)}
    >
      {hello.streams.map((info) => (
        <Lane
          key={info.stream}
          loop={loop}
          kind={info.view.kind}
          label={`${info.stream}: ${LANE_LABELS[info.view.kind]}`}
          painter={painters.streams.get(info.stream) ?? drawSeconds}
        >
          <StreamChip dashboard={dashboard} info={info} />
        </Lane>
      ))}
      <Lane loop={loop} kind="codes" label="Codes of each stream" painter={painters.codes}>
        <div class="head-plain">
          <h2>codes</h2>
          <Shared dashboard={dashboard} hello={hello} />
        </div>
      </Lane>
      <LabelLane dashboard={dashboard} hello={hello} loop={loop} />
      <Lane loop={loop} kind="events" label="Events found" painter={painters.events}>
        <div class="head-plain">
          <h2>events</h2>
          {hello.finalDelay !== undefined && (
            <p class="dim" title="look-ahead, and the longest time until an event is final">
              final after {Math.round((hello.lookAhead + hello.finalDelay) / 1_000)} ms
            </p>
          )}
        </div>
      </Lane>
      <Lane loop={loop} kind="axis" label="Seconds ago" painter={drawAxis}>
        <LookBack dashboard={dashboard} longest={span} />
      </Lane>
      {pointed !== undefined && span > 0 && (
        <div class="pointer" style={{ "--share": pointed / span }} aria-hidden="true" />
      )}
    </section>
  );
}

const LANE_LABELS = {
  columns: "spectrogram of the last seconds",
  image: "pictures of the last seconds",
  lines: "traces of the last seconds",
  captions: "words of the last seconds",
  none: "presence over the last seconds",
} as const;

function Shared({ dashboard, hello }: Pick<TimelineProps, "dashboard" | "hello">) {
  // Read for its changes: the rows themselves are no signal.
  const time = dashboard.moment.value?.time;
  const streams = dashboard.counting.value;
  const pairs = dashboard.gauges.value?.codes ?? [];
  const told = pairs.length === 1 ? pairs[0]?.share : undefined;
  const share =
    told ?? (time === undefined ? undefined : sharedCodes(dashboard.recent.rows, streams));
  return (
    <>
      <p class="dim">one codebook of {hello.codes}</p>
      <p class="dim" data-role="shared-codes">
        {share === undefined ? "nothing to compare" : `${Math.round(share * 100)} % in common`}
      </p>
    </>
  );
}

type Listen = Recent["listen"];

interface Painters {
  readonly streams: ReadonlyMap<string, Painter>;
  readonly codes: Painter;
  readonly events: Painter;
  /** Stops listening to rows. */
  readonly stop: () => void;
}

function paintersOf(recent: Recent, hello: HelloMessage): Painters {
  const counting = hello.streams.filter(({ counts }) => counts);
  const marked = counting.map(({ stream }) => ({
    stream,
    colour: accentOf(hello.streams, stream),
  }));
  const codes = {
    streams: marked,
    period: hello.period,
    lookAhead: hello.lookAhead,
    silence: hello.classes.indexOf(hello.silence),
  };
  const stops: (() => void)[] = [];
  const listen: Listen = (listener) => {
    const stop = recent.listen(listener);
    stops.push(stop);
    return stop;
  };
  return {
    stop: () => {
      for (const stop of stops) stop();
    },
    streams: new Map(
      hello.streams.map((info) => [info.stream, streamPainter(recent, listen, hello, info)]),
    ),
    codes(pen) {
      drawSeconds(pen);
      drawCodes(pen, recent.rows, codes);
    },
    events(pen) {
      drawSeconds(pen);
      drawEvents(pen, recent.events, { labels: recent.truth, streams: marked });
    },
  };
}

function streamPainter(
  recent: Recent,
  listen: Listen,
  hello: HelloMessage,
  info: StreamInfo,
): Painter {
  const { stream, view } = info;
  const colour = accentOf(hello.streams, stream);
  const draw = viewPainter(recent, listen, hello, info);
  const gaps = { stream, irregular: info.rate === 0, period: hello.period };
  return (pen) => {
    if (view.kind !== "columns") drawSeconds(pen);
    draw(pen);
    if (view.kind === "captions") drawCaptions(pen, recent.captions(stream), colour);
    if (view.kind === "none")
      drawPresence(pen, recent.rows, { stream, colour, period: hello.period });
    drawGaps(pen, recent.rows, gaps);
  };
}

function viewPainter(
  recent: Recent,
  listen: Listen,
  { period, streams }: HelloMessage,
  { stream, view }: StreamInfo,
): Painter {
  const span = timeScale(period).kept;
  if (view.kind === "lines") {
    const { traces, perRow, names } = view;
    const strip = new LineStrip({
      ...{ stream, traces, perRow, period, names },
      span,
      colour: accentOf(streams, stream),
      rows: () => recent.rows,
    });
    listen((row) => strip.take(row));
    return (pen) => strip.draw(pen);
  }
  if (view.kind === "columns") {
    const { bins, perRow } = view;
    const strip = new ColumnStrip({
      stream,
      bins,
      perRow,
      period,
      span,
      table: SOUND_TABLE,
      pick: (bytes, column, bin) => bytes[column * bins + bin] ?? 0,
      holds: false,
    });
    listen((row) => strip.take(row));
    return (pen) => strip.draw(pen, 0, pen.height);
  }
  if (view.kind === "image") {
    const { width, height } = view;
    const film = new PictureStrip({
      stream,
      width,
      height,
      capacity: Math.ceil(span / period),
    });
    // The middle column of every picture, one after the other, against what it usually is: what moves
    // stands out, and an opening mouth is a bulge.
    const usual = new Float32Array(height).fill(128);
    const slit = new ColumnStrip({
      stream,
      bins: height,
      perRow: 1,
      period,
      span,
      table: PICTURE_TABLE,
      pick(bytes, _column, bin) {
        const now = bytes[(height - 1 - bin) * width + (width >> 1)] ?? 0;
        const mean = usual[bin] ?? now;
        usual[bin] = mean + (now - mean) * FORGETTING;
        return Math.max(0, Math.min(255, Math.round(84 + 3 * (now - mean))));
      },
      holds: true,
    });
    listen((row) => {
      film.take(row);
      slit.take(row);
    });
    return (pen) => {
      const strip = Math.round(pen.height * 0.66);
      film.drawFilm(pen, 0, strip);
      slit.draw(pen, strip + 4, pen.height - strip - 4);
    };
  }
  return () => {};
}
