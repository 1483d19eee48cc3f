import type { Command } from "commander";
import colors from "picocolors";

import { ConfigError } from "../errors.ts";
import { fileMetadata } from "../log/fileMetadata.ts";
import { readLog } from "../log/readLog.ts";
import { counted } from "../units.ts";
import { type Explained, explainRow } from "./explainRow.ts";
import { explanationLines } from "./explanationLines.ts";
import { loadPipeline } from "./loadPipeline.ts";
import { parseRow, type RowName } from "./parseRow.ts";
import { DEFAULT_URL, RunningPipeline, type RunningStatus } from "./RunningPipeline.ts";

interface ExplainFlags {
  readonly log?: string;
  readonly pipeline?: string;
  readonly url: string;
  readonly json?: true;
}

/** Adds `explain`: how a row came about, or why there is none now. */
export function addExplainCommand(program: Command): void {
  program
    .command("explain")
    .description("say how a recorded row came about; without a row, why there is no output now")
    .argument(
      "[row]",
      "its id, its index #42, or when it is, 12.3s from its grid's start",
      parseRow,
    )
    .option("--log <file>", "the log that holds the row, or a folder of its segments")
    .option("--pipeline <name>", "whose policies formed it; the log's own unless given")
    .option("--url <address>", "the server of the running pipeline to ask", DEFAULT_URL)
    .option("--json", "print one JSON object as the last line")
    .action(explain);
}

async function explain(row: RowName | undefined, flags: ExplainFlags): Promise<void> {
  const { log, url, json } = flags;
  if (row === undefined && log !== undefined)
    throw new ConfigError("explain", "expected a row of the log to explain, got none");
  if (row !== undefined && log === undefined)
    throw new ConfigError("explain", "expected --log FILE with a row, got none");
  const lines =
    row === undefined || log === undefined
      ? whyNow(await new RunningPipeline(url).status(), json === true)
      : await howFormed(row, log, flags);
  process.stdout.write(`${lines.join("\n")}\n`);
}

async function howFormed(row: RowName, log: string, flags: ExplainFlags): Promise<string[]> {
  const { metadata } = await fileMetadata(log);
  const definition = await loadPipeline(flags.pipeline ?? metadata["pipeline"] ?? "talking-face");
  const explained = await explainRow(definition, readLog(log), row);
  if (flags.json) return [JSON.stringify({ log, pipeline: definition.name, ...explained })];
  switch (explained.state) {
    case "formed":
      return explanationLines(explained.row);
    case "waiting": {
      const { due, waits } = explained.blocking;
      const why = due
        ? `it waits for ${waits.map(({ stream }) => stream).join(" and ")}`
        : "no stream has come far enough for it to be due";
      return [`${row.text} had not come out when the log ended: ${why}.`];
    }
    case "untold":
      return [untoldLine(row.text, explained)];
    case "none": {
      const { rows, last } = explained;
      const range = last === undefined ? "it has none" : `it has ${rows}, the last is ${last}`;
      throw new ConfigError(log, `expected a row ${row.text}, got a log without it: ${range}`);
    }
  }
}

/** Why an instant has no row although others after it may have one. */
function untoldLine(
  text: string,
  { skipped, before, after }: Extract<Explained, { state: "untold" }>,
): string {
  const from = before === undefined ? "the grid's start" : `row ${before}`;
  const to = after === undefined ? "the log's end" : `row ${after}`;
  return (
    `${text} has no row: it is one of ${skipped} instants between ${from} and ${to} at which nothing was there, ` +
    "as for some time before them, and which are told as a number."
  );
}

/** Why there is no output now, or that there is. */
function whyNow({ hello, status, streams, blocking }: RunningStatus, asJson: boolean): string[] {
  const state = status?.state ?? "starting";
  const waits = (blocking?.waits ?? []).map(({ stream, need, has }) => {
    const of = streams?.streams.find((candidate) => candidate.stream === stream);
    return {
      stream,
      needMs: toMs(need, blocking?.time),
      hasMs: has === null ? null : toMs(has, blocking?.time),
      state: of?.state ?? "starting",
      ageMs: of?.age === undefined ? null : of.age / 1_000,
    };
  });
  const silent = (streams?.streams ?? []).filter((stream) => stream.state !== "live");
  if (asJson) {
    const next = blocking && { index: blocking.index, time: blocking.time, due: blocking.due };
    const quiet = silent.map(({ stream, state: of, problem }) => ({ stream, state: of, problem }));
    return [
      JSON.stringify({ pipeline: hello.pipeline, state, text: status?.text, next, waits, quiet }),
    ];
  }
  const lines = [
    state === "running"
      ? `${colors.green("output flows")}${blocking === undefined ? "" : `; next is row ${blocking.index}`}`
      : `${colors.yellow(`no output (${state})`)}: ${status?.text || "nothing was said about it"}`,
  ];
  if (state !== "running" && blocking !== undefined)
    lines.push(
      blocking.due
        ? `row ${blocking.index} is due and waits for ${waits.length} of ${counted(hello.streams.length, "stream")}`
        : `row ${blocking.index} is not due: no stream has come far enough`,
    );
  if (state !== "running")
    for (const { stream, needMs, hasMs, state: of, ageMs } of waits)
      lines.push(
        `  ${stream.padEnd(8)}  needs up to ${needMs.toFixed(0)} ms from the row, ${
          hasMs === null ? "has nothing yet" : `has up to ${hasMs.toFixed(0)} ms`
        }; ${of}${ageMs === null ? "" : `, last heard ${(ageMs / 1_000).toFixed(1)} s ago`}`,
      );
  for (const { stream, state: of, problem } of silent)
    lines.push(`  ${stream.padEnd(8)}  ${of}${problem === undefined ? "" : `: ${problem}`}`);
  return lines;
}

function toMs(time: number, row: number | undefined): number {
  return (time - (row ?? time)) / 1_000;
}
