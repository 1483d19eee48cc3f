import {
  bufferTime,
  distinctUntilChanged,
  filter,
  interval,
  map,
  merge,
  Observable,
  share,
  startWith,
  tap,
} from "rxjs";

import { parseCaption } from "../features/CaptionGrams.ts";
import type { Cell } from "../frames/Frameset.ts";
import { restated, StandingRecords } from "../log/StandingRecords.ts";
import type { Moment } from "../pipeline/Moment.ts";
import { Percentiles } from "../pipeline/Percentiles.ts";
import type { PipelineRun } from "../pipeline/PipelineRun.ts";
import type { RobustnessReport } from "../robustness/RobustnessMonitor.ts";
import { micros } from "../units.ts";
import { feedSensors } from "./feedSensors.ts";
import { GuestTraces, guestView } from "./GuestTraces.ts";
import type { LiveFeed } from "./LiveFeed.ts";
import { learningMessage } from "./learningMessage.ts";
import type {
  CaptionView,
  GaugesMessage,
  HelloMessage,
  LatencyMessage,
  ServerMessage,
  StreamsMessage,
} from "./messages.ts";
import { namedView } from "./namedView.ts";
import { rowOf } from "./rowOf.ts";
import { statusOf } from "./statusOf.ts";

/** Classes shown per answer. */
const TOP = 5;
/** How often the streams' states are told, in ms. */
const STREAMS_EVERY = 250;
/** How often the gauges of robustness are told, in ms. */
const GAUGES_EVERY = 500;
/** How often the latency is told, in ms. */
const LATENCY_EVERY = 1_000;

/**
 * A running pipeline as a server shows it.
 *
 * @param run The run; borrowed.
 */
export function pipelineFeed(run: PipelineRun): LiveFeed {
  const total = new Percentiles();
  const hops = new Map<string, Percentiles>();
  const hopNamed = (name: string): Percentiles => {
    const known = hops.get(name) ?? new Percentiles();
    hops.set(name, known);
    return known;
  };
  const standing = new StandingRecords();
  run.records.subscribe((record) => standing.observe(record));
  const hello = (): HelloMessage => helloOf(run);
  const messages = new Observable<ServerMessage>((subscriber) => {
    let spoke = -Infinity;
    const guests = new GuestTraces(run.definition.grid.period);
    const rows = run.moments.pipe(
      tap(({ delay }) => {
        spoke = performance.now();
        total.record(delay.total);
        for (const [name, hop] of Object.entries(delay.hops)) hopNamed(name).record(hop);
      }),
      map((moment) => ({ kind: "rows" as const, rows: [rowFor(run, moment, guests)] })),
    );
    const events = run.events.pipe(map((spans) => ({ kind: "events" as const, events: spans })));
    const truth = run.labels.pipe(
      bufferTime(20),
      filter((labels) => labels.length > 0),
      map((labels) => ({ kind: "truth" as const, labels })),
    );
    const streams = interval(STREAMS_EVERY).pipe(map(() => streamsOf(run)));
    const latency = interval(LATENCY_EVERY).pipe(
      filter(() => total.count > 0),
      map(() => latencyOf(total, hops)),
    );
    const gauges = interval(GAUGES_EVERY).pipe(
      filter(() => run.counters().moments > 0),
      map(() => gaugesOf(run.robustness())),
    );
    const problems = run.problems.pipe(
      map((problem) => ({ kind: "problem" as const, ...problem })),
    );
    let last = "";
    const status = interval(STREAMS_EVERY).pipe(
      startWith(0),
      map(() => statusOf(run, performance.now() - spoke, run.definition.grid.period)),
      filter((message) => {
        const before = last;
        last = JSON.stringify(message);
        return last !== before;
      }),
    );
    const hellos = run.hotPlug.changes.pipe(map(() => helloOf(run)));
    const learning = interval(LATENCY_EVERY).pipe(
      map(() => learningMessage(run.learning.report())),
      distinctUntilChanged((before, after) => JSON.stringify(before) === JSON.stringify(after)),
    );
    return merge(
      hellos,
      rows,
      events,
      truth,
      streams,
      latency,
      gauges,
      learning,
      problems,
      status,
    ).subscribe(subscriber);
  }).pipe(share());
  return {
    hello,
    messages,
    command({ kind, stream }) {
      const state = run.streams().find((candidate) => candidate.stream === stream);
      if (state === undefined) return `there is no stream ${stream}`;
      if (!state.pluggable) return `the sensor of ${stream} is not ours: it runs by itself`;
      // What comes of it is seen in the streams' states, or told as a problem.
      if (kind === "unplug") void run.unplug(stream);
      else void run.replug(stream);
      return undefined;
    },
    blocking: () => run.blocking(),
    log: () => ({ standing: restated(standing.records(), run.now()), records: run.records }),
    ...feedSensors(run),
    learning: {
      label(label) {
        if (run.model.trained && !run.model.classes.includes(label.label))
          return `expected one of the model's ${run.model.classes.length} classes, got ${label.label}`;
        run.label(label);
        return undefined;
      },
      versions: () => run.learning.report(),
      pin: (version, by) => run.learning.pin(version, by),
      unpin: (by) => run.learning.unpin(by),
      rollback: (by, to) => run.learning.rollback(by, to),
    },
    frames: (stream) =>
      run.hotPlug.streams.some((description) => description.stream === stream)
        ? run.records.pipe(
            filter((record) => record.kind === "DATA"),
            map(({ chunk }) => chunk),
            filter((chunk) => chunk.stream === stream),
          )
        : undefined,
  };
}

function helloOf(run: PipelineRun): HelloMessage {
  const { definition, model, options, finalDelay } = run;
  return {
    kind: "hello",
    pipeline: definition.name,
    summary: definition.summary,
    feed: options.feed.name,
    period: definition.grid.period,
    lookAhead: model.lookAhead,
    finalDelay,
    classes: model.classes,
    silence: definition.silence,
    slots: definition.slots,
    streams: viewsOf(run).map(
      ({ description: { stream, modality, rate, unit }, view, isGuest }) => ({
        ...{ stream, modality, unit, view, rate: rate === "irregular" ? 0 : rate },
        counts:
          !isGuest &&
          (!definition.answerStreams.includes(stream) || options.answerWith.includes(stream)),
      }),
    ),
    codes: model.codes,
    model: model.version,
    ...(!model.trained && { untrained: true }),
    hasTruth: options.feed.truth.length > 0,
  };
}

function rowFor(
  run: PipelineRun,
  { frameset, reading, answer, views }: Moment,
  guests: GuestTraces,
) {
  const captions: Record<string, readonly CaptionView[]> = {};
  const traces: Record<string, Uint8Array | undefined> = {};
  for (const { isGuest, view, description } of viewsOf(run)) {
    const { stream } = description;
    const cell = frameset.cells[stream];
    if (cell === undefined) continue;
    if (view.kind === "captions") captions[stream] = captionsOf(cell);
    if (isGuest) traces[stream] = guests.push(description, cell, frameset.time);
  }
  // What each stream says for itself is shown for all; the fused answer leaves out what must not count.
  return rowOf({
    reading: { ...answer, streams: { ...reading.streams, ...answer.streams } },
    cells: frameset.cells,
    views: { ...traces, ...views },
    captions,
    top: TOP,
  });
}

function captionsOf(cell: Cell): CaptionView[] {
  if (cell.presence === "missing") return [];
  const caption = parseCaption(cell.payload);
  if (caption === undefined) return [];
  const { text, duration } = caption;
  return [{ text, from: cell.originTime, to: micros(cell.originTime + duration) }];
}

function streamsOf(run: PipelineRun): StreamsMessage {
  const recording = run.recording();
  const streams = { kind: "streams", time: run.now(), streams: run.streams() } as const;
  if (recording === undefined) return streams;
  const { state, bytesWritten, problem } = recording;
  return {
    ...streams,
    recording: { state, bytes: bytesWritten, ...(problem !== undefined && { problem }) },
  };
}

function gaugesOf({ time, subsets, alignment, codes }: RobustnessReport): GaugesMessage {
  return {
    kind: "gauges",
    time,
    subsets,
    alignment: alignment.map(({ dca, ...rest }) => ({
      ...rest,
      ...(dca !== undefined && { dca: dca.score }),
    })),
    codes,
  };
}

function latencyOf(total: Percentiles, hops: ReadonlyMap<string, Percentiles>): LatencyMessage {
  const delay = (of: Percentiles) => ({ last: of.last, p50: of.at(50), p99: of.at(99) });
  return {
    kind: "latency",
    total: delay(total),
    hops: [...hops].map(([name, hop]) => ({ name, ...delay(hop) })),
  };
}

/** Every stream and how it is drawn. */
function viewsOf({ definition, hotPlug }: PipelineRun) {
  return hotPlug.streams.map((description) => {
    const plan = definition.streams[description.stream];
    const view = namedView(
      plan?.view ?? guestView(description, definition.grid.period),
      description,
    );
    return { description, view, isGuest: plan === undefined };
  });
}
