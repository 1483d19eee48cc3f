import type { Command } from "commander";
import colors from "picocolors";

import { type LogInfo, logInfo, type StreamInfo } from "../log/logInfo.ts";
import { ROW_RULES } from "../pipeline/rowRules.ts";
import { type Micros, micros, toSeconds } from "../units.ts";
import { textTable } from "./textTable.ts";
import { startOf } from "./timeIn.ts";

/** Adds `info`: what a recording holds. */
export function addInfoCommand(program: Command): void {
  program
    .command("info")
    .description("say what a recording holds")
    .argument("<file>", "a log (MCAP), or a folder of its segments")
    .option("--json", "print one JSON object as the last line")
    .action(async (file: string, { json }: { readonly json?: true }) => {
      const info = await logInfo(file);
      const text = json ? [JSON.stringify({ file, ...info })] : linesOf(info, await startOf(file));
      process.stdout.write(`${text.join("\n")}\n`);
    });
}

function linesOf(info: LogInfo, start: Micros): string[] {
  const { metadata, closed, bytes, files, records, from, to, streams, labels } = info;
  const length = from === undefined || to === undefined ? 0 : toSeconds(micros(to - from));
  const lines = [
    `${colors.bold(`${length.toFixed(1)} s`)}, ${bytesOf(bytes)}${files > 1 ? ` in ${files} segments` : ""}, ${
      closed ? "closed" : colors.yellow("not closed: still being written, or run sensorium repair")
    }`,
  ];
  if (from !== undefined) lines.push(`recorded  ${new Date(from / 1_000).toISOString()}`);
  // Its rules are for machines: whoever wants to read them takes --json.
  const told = Object.entries(metadata).filter(([name]) => name !== ROW_RULES);
  const names = Math.max(0, ...told.map(([name]) => name.length));
  for (const [name, value] of told) lines.push(`${name.padEnd(names)}  ${value}`);
  lines.push("", ...streamLines(streams, start));
  const kinds = Object.entries(records).map(([kind, count]) => `${count} ${kind}`);
  lines.push("", `records   ${kinds.join(", ") || "none"}`);
  const by = new Set(labels.map((label) => label.by));
  if (labels.length > 0) lines.push(`labels    ${labels.length} by ${[...by].join(", ")}`);
  return lines;
}

function streamLines(streams: Readonly<Record<string, StreamInfo>>, start: Micros): string[] {
  const since = (time: Micros): string => toSeconds(micros(time - start)).toFixed(2);
  return textTable(
    [
      { title: "stream" },
      { title: "frames", align: "right" },
      { title: "chunks", align: "right" },
      { title: "payload", align: "right" },
      { title: "from s", align: "right" },
      { title: "to s", align: "right" },
      { title: "Hz", align: "right" },
      { title: "one frame" },
    ],
    Object.entries(streams).map(([stream, { frames, chunks, bytes, from, to, description }]) => [
      stream,
      String(frames),
      String(chunks),
      bytesOf(bytes),
      since(from),
      since(to),
      to > from ? ((frames - 1) / toSeconds(micros(to - from))).toFixed(1) : "",
      description === undefined
        ? "not described"
        : `${description.dtype}[${description.shape}] ${description.unit}`,
    ]),
  );
}

function bytesOf(count: number): string {
  if (count < 10_000) return `${count} B`;
  return count < 10_000_000
    ? `${(count / 1_000).toFixed(0)} kB`
    : `${(count / 1_000_000).toFixed(1)} MB`;
}
