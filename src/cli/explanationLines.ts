import colors from "picocolors";

import type { Policy } from "../align/Policy.ts";
import type { MissingReason } from "../frames/Frameset.ts";
import { counted, type Micros, micros, toMillis, toSeconds } from "../units.ts";
import type { FrameFate, RowExplanation, StreamExplanation } from "./explainRow.ts";

const MISSING: Readonly<Record<MissingReason, string>> = {
  "never-seen": "the stream had not had a frame up to here",
  idle: "not waited for: the stream was idle or had ended",
  skew: "not waited for: the stream lagged the fastest by more than the skew bound",
  optional: "not waited for: the stream is optional, and nothing had come when the row went out",
  "too-old": "the last frame is older than the policy allows",
  incomplete: "some of the frames the policy asks for are there, but not all",
  gap: "the stream is known up to here, and there is nothing where the policy looks",
};

const FATES: Readonly<Record<FrameFate["fate"], string>> = {
  used: "used",
  other: "not asked for by this row",
  late: "late: came after its stream or a row had passed it",
  equal: "equal: another frame has the very same time",
  duplicate: "duplicate: came before",
  future: "future: stamped too far after its arrival",
  aged: "aged: no row had a use for it",
  overflow: "overflow: pushed out of a full buffer",
  invalid: "invalid: does not fit the stream's description",
  "unknown-stream": "its stream was not configured",
};

/** A row's explanation for a person, times in ms from the row's instant. */
export function explanationLines(row: RowExplanation): string[] {
  const { id, time, index, origin, settledBy, waitedFor, revisions = [], streams } = row;
  const at = toSeconds(micros(time - origin)).toFixed(2);
  const out = fromRow(settledBy.logTime, time);
  const by = settledBy.stream === undefined ? "" : ` of ${settledBy.stream}`;
  const lines = [
    `${colors.bold(id)}  row ${index}, ${at} s into its grid`,
    `out at ${out} ms, let out by a ${settledBy.kind} record${by}`,
  ];
  for (const { stream, need, has } of waitedFor)
    lines.push(
      `  it had waited for ${stream}: needed up to ${exactly(need, time)} ms, had ${
        Number.isFinite(has) ? `up to ${exactly(has, time)} ms` : "nothing yet"
      }`,
    );
  for (const { revision, streams: changed, settledBy: late } of revisions)
    lines.push(
      `  told again (${revision}) at ${fromRow(late.logTime, time)} ms: ${changed.join(" and ")} changed`,
    );
  for (const stream of streams) lines.push("", ...streamLines(stream, time));
  return lines;
}

function streamLines({ stream, policy, cell, around }: StreamExplanation, time: Micros): string[] {
  const head =
    cell.presence === "missing"
      ? `${colors.yellow(`missing (${cell.reason})`)}: ${MISSING[cell.reason]}`
      : `${colors.green(cell.presence)}: ${counted(cell.frames, "frame")}, newest ${ageOf(cell.age)}${
          cell.arrivalTime > 0 ? `, here at ${fromRow(cell.arrivalTime, time)} ms` : ""
        }`;
  const lines = [`${colors.bold(stream.padEnd(8))}  ${head}`, `          ${policyText(policy)}`];
  for (const run of runsOf(around)) {
    const [first, last] = [run[0], run.at(-1)];
    if (first === undefined || last === undefined) continue;
    const one = run.length === 1;
    const span = one
      ? `${fromRow(first.originTime, time)} ms`
      : `${fromRow(first.originTime, time)} … ${fromRow(last.originTime, time)} ms`;
    const numbers = one ? `#${first.sequence}` : `#${first.sequence}–${last.sequence}`;
    const paint =
      first.fate === "used" ? colors.green : first.fate === "other" ? colors.dim : colors.yellow;
    lines.push(
      paint(
        `          ${String(run.length).padStart(3)}  ${span.padEnd(22)} ${numbers.padEnd(14)} ${FATES[first.fate]}`,
      ),
    );
  }
  if (around.length === 0) lines.push(colors.dim("          no frame near it, nor before"));
  return lines;
}

/** Neighbours that met the same fate. */
function runsOf(frames: readonly FrameFate[]): FrameFate[][] {
  const runs: FrameFate[][] = [];
  for (const frame of frames) {
    const run = runs.at(-1);
    if (run?.[0]?.fate === frame.fate) run.push(frame);
    else runs.push([frame]);
  }
  return runs;
}

function policyText(policy: Policy): string {
  switch (policy.kind) {
    case "exact":
      return "policy: the frame of this very instant";
    case "nearest":
      return `policy: the nearest frame within ${toMillis(policy.tolerance)} ms`;
    case "last":
      return `policy: the last frame, up to ${toMillis(policy.maxAge)} ms old`;
    case "linear":
      return `policy: between neighbours up to ${toMillis(policy.maxSpan)} ms apart`;
    case "window": {
      const frames =
        policy.count === "any" ? "any frames" : `exactly ${counted(policy.count, "frame")}`;
      const [from, to] = [toMillis(policy.from), toMillis(policy.to)];
      return `policy: ${policy.aggregate} of ${frames} after ${from} ms up to ${to} ms`;
    }
  }
}

function ageOf(age: Micros): string {
  return age < 0 ? `${toMillis(micros(-age))} ms ahead` : `${toMillis(age)} ms old`;
}

function fromRow(time: Micros, row: Micros): string {
  const offset = toMillis(micros(time - row));
  return `${offset > 0 ? "+" : ""}${offset.toFixed(Math.abs(offset) < 1_000 ? 1 : 0)}`;
}

/** To the microsecond: a stream may be known up to just before what is needed. */
function exactly(time: Micros, row: Micros): string {
  return String(toMillis(micros(time - row)));
}
