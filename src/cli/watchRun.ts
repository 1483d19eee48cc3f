import type { Writable } from "node:stream";
import colors from "picocolors";

import type { EventSpan } from "../frames/EventSpan.ts";
import type { PipelineRun } from "../pipeline/PipelineRun.ts";
import type { StreamSnapshot } from "../pipeline/StreamBoard.ts";
import { type Micros, toSeconds } from "../units.ts";

/** How often the streams' states are looked at, in ms. */
const LOOK_EVERY = 500;

/**
 * Tells a terminal what happens: each event when it is final, each change of a stream's state, each
 * problem.
 *
 * @returns Stops telling.
 */
export function watchRun(run: PipelineRun, out: Writable): () => void {
  const say = (line: string): void => void out.write(`${line}\n`);
  const events = run.events.subscribe((spans) => {
    for (const span of spans) if (span.state === "final") say(eventLine(span, run.origin));
  });
  const problems = run.problems.subscribe(({ text, stream }) =>
    say(`${colors.red("problem")}    ${stream === undefined ? "" : `${stream}: `}${text}`),
  );
  const states = new Map<string, string>();
  const timer = setInterval(() => {
    for (const snapshot of run.streams())
      if (states.get(snapshot.stream) !== snapshot.state) {
        states.set(snapshot.stream, snapshot.state);
        say(streamLine(snapshot));
      }
  }, LOOK_EVERY);
  return () => {
    clearInterval(timer);
    events.unsubscribe();
    problems.unsubscribe();
  };
}

/**
 * Tells a terminal how far a run that goes through its feed once has come, on one line.
 *
 * @returns Stops telling and clears the line.
 */
export function reportProgress(run: PipelineRun, out: Writable & { isTTY?: boolean }): () => void {
  if (out.isTTY !== true) return () => undefined;
  const { duration } = run.options.feed;
  const timer = setInterval(() => {
    const done = toSeconds((run.now() - run.origin) as Micros);
    const of = duration === undefined ? "" : ` of ${toSeconds(duration).toFixed(0)} s`;
    out.write(`\r${done.toFixed(1)} s${of}, ${run.counters().moments} readings `);
  }, LOOK_EVERY);
  return () => {
    clearInterval(timer);
    out.write("\r\x1b[K");
  };
}

function eventLine({ label, from, to, score, modalities }: EventSpan, origin: Micros): string {
  const seconds = (time: Micros): string => toSeconds((time - origin) as Micros).toFixed(2);
  const span = `${seconds(from)}-${seconds(to)} s`.padEnd(18);
  const percent = `${Math.round(score * 100)} %`.padStart(5);
  return `${colors.bold(label.padEnd(9))}  ${span} ${percent}  ${colors.dim(modalities.join(" + "))}`;
}

function streamLine({ stream, state, rate, counters }: StreamSnapshot): string {
  const paint = state === "live" ? colors.green : state === "starting" ? colors.dim : colors.yellow;
  const hertz = rate > 0 ? `${rate.toFixed(0)} Hz` : "";
  const unused = Object.entries(counters).map(([reason, count]) => `${count} ${reason}`);
  return `${paint(`● ${stream}`.padEnd(9))}  ${[state, hertz, ...unused].filter(Boolean).join(", ")}`;
}
