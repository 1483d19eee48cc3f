import { existsSync } from "node:fs";
import { type Command, InvalidArgumentError, Option } from "commander";

import { seconds } from "../units.ts";
import { type LabelRecordingFlags, labelRecording } from "./labelRecording.ts";
import { type LabelRunningFlags, labelRunning } from "./labelRunning.ts";
import { type LabelChoice, type LabelSpec, parseLabel, parseLabelChoice } from "./labelSpec.ts";
import { parseTime } from "./parseQuantity.ts";
import { DEFAULT_URL } from "./RunningPipeline.ts";

/** Adds `label`: says what happened, in a recording or just now. */
export function addLabelCommand(program: Command): void {
  program
    .command("label")
    .description(
      "say what happened in a recording (its labels are listed where nothing else is asked), or just now, to a " +
        "running pipeline",
    )
    .argument("<what>", "a log (MCAP), a folder of its segments, or what happened just now: clap")
    .option(
      "--add <label@from-to>",
      "add a label: clap@1.2s-1.8s",
      (text: string, before: readonly LabelSpec[]) => [...before, parseLabel(text)],
      [],
    )
    .option(
      "--remove <label[@from-to]>",
      "remove labels: clap, clap@1.5s, @1s-2s (whatever lies there)",
      (text: string, before: readonly LabelChoice[]) => [...before, parseLabelChoice(text)],
      [],
    )
    .option(
      "--import <file>",
      "add those of a file: WebVTT (.vtt), SubRip (.srt), Audacity (.txt), ELAN (.eaf), .csv, .tsv",
      (path: string, before: readonly string[]) => [...before, path],
      [],
    )
    .addOption(
      new Option("--offset <seconds>", "where second 0 of --import lies in the recording")
        .argParser(offset)
        .default(0),
    )
    .option("--export <file>", "write them as a file of one of these forms; must not exist")
    .option("--list", "also list them")
    .option(
      "--slot <name>",
      "what kind of label --add and --import add; the pipeline's own unless given",
    )
    .addOption(
      new Option("--ago <time>", "how long ago it began, of what happened just now: 2s")
        .argParser(parseTime)
        .default(seconds(1), "1s"),
    )
    .addOption(
      new Option("--for <time>", "how long it lasted")
        .argParser(parseTime)
        .default(seconds(1), "1s"),
    )
    .option("--url <address>", "the running pipeline's server", DEFAULT_URL)
    .option("--by <name>", "who says so", "person")
    .option("--json", "print one JSON object as the last line")
    .action((what: string, flags: LabelRecordingFlags & LabelRunningFlags) =>
      isRecording(what) ? labelRecording(what, flags) : labelRunning(what, flags),
    );
}

/** A name with an ending or a folder in it is a file's, even one that is not there. */
function isRecording(what: string): boolean {
  return existsSync(what) || what.endsWith(".mcap") || /[/\\]/.test(what);
}

function offset(text: string): number {
  const seconds = Number(text.replace(/s$/, ""));
  if (!Number.isFinite(seconds))
    throw new InvalidArgumentError(`expected seconds like 1.5, got ${text}`);
  return Math.round(seconds * 1e6);
}
