import { access } from "node:fs/promises";
import { type Command, Option } from "commander";

import { ConfigError } from "../errors.ts";
import { exportMcap, PERIOD, START } from "../exchange/exportMcap.ts";
import { exportFilm, exportWav } from "../exchange/exportMedia.ts";
import { eventTable, labelTable, readingTable, streamTable } from "../exchange/recordingTables.ts";
import { replayed } from "../exchange/replayed.ts";
import type { Table } from "../exchange/Table.ts";
import { isTableFile, writeTable } from "../exchange/writeTable.ts";
import type { StreamDescription } from "../frames/StreamDescription.ts";
import { LABEL_ENDINGS } from "../log/labels/labelFile.ts";
import { type LogInfo, logInfo } from "../log/logInfo.ts";
import { readLog } from "../log/readLog.ts";
import type { PipelineDefinition } from "../pipeline/definePipeline.ts";
import type { Micros } from "../units.ts";
import { exportModel } from "./exportModel.ts";
import { interruption } from "./interruption.ts";
import { exportLabels } from "./labelRecording.ts";
import { isPipeline, loadPipeline } from "./loadPipeline.ts";
import { startOf } from "./timeIn.ts";

const WHAT = ["labels", "events", "readings"] as const;

interface ExportFlags {
  readonly out?: string;
  readonly weights?: string;
  readonly stream?: string;
  readonly what?: (typeof WHAT)[number];
  readonly pipeline?: string;
  readonly events?: true;
  readonly json?: true;
}

/** Adds `export`: a recording, a part of it, or a pipeline's model, in the form of other programs. */
export function addExportCommand(program: Command): void {
  program
    .command("export")
    .description("write a recording, a part of it, or a pipeline's model for other programs")
    .argument("<what>", "a log (MCAP), a folder of its segments, or a pipeline: its model")
    .argument("[out]", "where it goes; of a recording its ending says in which form")
    .option("--out <file>", "where it goes; the same as the second argument")
    .option("--weights <file>", "of a model: these weights instead of the pipeline's own")
    .option("--stream <name>", "this stream: for .wav, .mp4, .mkv, .csv, .parquet")
    .addOption(new Option("--what <what>", "this instead: for .csv, .parquet").choices(WHAT))
    .option(
      "--pipeline <name>",
      "whose model gives events and readings; the recording's own unless given",
    )
    .option("--events", "also put the events into the .mcap")
    .option("--json", "print one JSON object as the last line")
    .addHelpText(
      "after",
      `
Forms of a recording, none of which may exist:
  .mcap            all streams and labels as Foxglove and Rerun show them
  .wav             a stream of sound; second 0 is the recording's
  .mp4, .mkv       a stream of pictures (ffmpeg); .mkv without loss
  .csv, .parquet   a stream's numbers or words, or --what labels, events, readings
  .vtt .srt .txt .eaf .csv   labels, as sensorium label --export
A model becomes a folder of .onnx files, one for each stage of a row.`,
    )
    .action(run);
}

async function run(
  what: string,
  second: string | undefined,
  { out = second, ...flags }: ExportFlags,
): Promise<void> {
  if (out === undefined)
    throw new ConfigError("export", `expected where ${what} goes, got nothing: give --out`);
  await (isPipeline(what) ? exportModel : exportRecording)(what, out, flags);
}

async function exportRecording(file: string, out: string, flags: ExportFlags): Promise<void> {
  if (await isThere(out))
    throw new ConfigError(out, "expected no file there, got one: name another, or remove it");
  const { signal } = interruption();
  const info = await logInfo(file);
  const start = await startOf(file);
  const written = await exportAs(file, out, flags, { info, start, signal });
  const [count, unit] = written;
  const said = flags.json
    ? JSON.stringify({ file: out, [unit]: count })
    : `${out}: ${count} ${unit}`;
  process.stdout.write(`${said}\n`);
}

interface Exporting {
  readonly info: LogInfo;
  readonly start: Micros;
  readonly signal: AbortSignal;
}

async function exportAs(
  file: string,
  out: string,
  flags: ExportFlags,
  { info, start, signal }: Exporting,
): Promise<readonly [count: number, unit: string]> {
  const ending = /\.[^./\\]*$/.exec(out)?.[0].toLowerCase() ?? "";
  if (ending === ".mcap") {
    const metadata = { ...info.metadata, [START]: String(start), [PERIOD]: await periodOf(file) };
    const events = flags.events && replayed(await modelOf(info, flags), file, "events");
    const messages = await exportMcap(file, out, {
      ...{ streams: described(info), labels: info.labels, metadata },
      ...{ ...(events && { events }), signal },
    });
    return [messages, "messages"];
  }
  const media = { log: file, start, signal };
  if (ending === ".wav")
    return [await exportWav(out, { ...media, description: only("audio", info, flags) }), "frames"];
  if (ending === ".mp4" || ending === ".mkv")
    return [await exportFilm(out, { ...media, description: only("video", info, flags) }), "frames"];
  if (isTableFile(out) && (flags.stream ?? flags.what) !== undefined)
    return [await writeTable(out, await tableOf(file, flags, info, start), signal), "rows"];
  if (LABEL_ENDINGS.includes(ending) && flags.stream === undefined) {
    await exportLabels(out, info.labels, start);
    return [info.labels.length, "labels"];
  }
  const streams = Object.keys(info.streams).join(", ");
  throw new ConfigError(
    out,
    isTableFile(out)
      ? `expected --stream ${streams.replaceAll(", ", " or ")}, or --what ${WHAT.join(" or ")}, got neither`
      : `expected .mcap, .wav, .mp4, .mkv, .csv, .parquet or ${LABEL_ENDINGS.join(", ")}, got "${ending}"`,
  );
}

async function tableOf(
  file: string,
  { stream, what, pipeline }: ExportFlags,
  info: LogInfo,
  start: Micros,
): Promise<Table> {
  if (stream !== undefined) return streamTable(file, named(stream, info), { start });
  if (what === "labels")
    return labelTable(
      info.labels.toSorted((a, b) => a.from - b.from),
      { start },
    );
  const definition = await modelOf(info, pipeline === undefined ? {} : { pipeline });
  const streams = Object.keys(definition.streams);
  if (what === "events")
    return eventTable(replayed(definition, file, "events"), streams, { start });
  let classes: readonly string[] = [];
  const readings = replayed(definition, file, "readings", (model) => {
    classes = model.classes;
  });
  return readingTable(readings, streams, () => classes, { start });
}

/** The pipeline whose model speaks of the recording. */
function modelOf({ metadata }: LogInfo, { pipeline }: ExportFlags): Promise<PipelineDefinition> {
  const name = pipeline ?? metadata["pipeline"];
  if (name === undefined || name === "sensors")
    throw new ConfigError(
      "export",
      "expected --pipeline for events and readings: the recording is no pipeline's, got none",
    );
  return loadPipeline(name);
}

function described({ streams }: LogInfo): StreamDescription[] {
  return Object.values(streams).flatMap(({ description }) =>
    description === undefined ? [] : [description],
  );
}

function named(stream: string, info: LogInfo): StreamDescription {
  const description = info.streams[stream]?.description;
  if (description !== undefined) return description;
  const known = Object.keys(info.streams).join(", ") || "none";
  throw new ConfigError("export", `expected a stream of the recording, ${known}, got ${stream}`);
}

/** The stream that is asked for, or the only one of its modality. */
function only(
  modality: StreamDescription["modality"],
  info: LogInfo,
  { stream }: ExportFlags,
): StreamDescription {
  if (stream !== undefined) return named(stream, info);
  const found = described(info).filter((description) => description.modality === modality);
  const [first, second] = found;
  if (first !== undefined && second === undefined) return first;
  throw new ConfigError(
    "export",
    `expected one ${modality} stream or --stream, got ${found.map((own) => own.stream).join(", ") || "none"}`,
  );
}

async function periodOf(file: string): Promise<string> {
  for await (const record of readLog(file, { kinds: ["CONFIG"] }))
    if (record.kind === "CONFIG") return String(record.period);
  return "40000";
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
