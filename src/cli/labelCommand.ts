import { type Command, InvalidArgumentError, Option } from "commander";
import { type LabelRecordingFlags, labelRecording } from "./labelRecording.ts";
import { type LabelChoice, type LabelSpec, parseLabel, parseLabelChoice } from "./labelSpec.ts";

/** Adds `label`: says what happened in a recording. */
export function addLabelCommand(program: Command): void {
  program
    .command("label")
    .description("say what happened in a recording; lists its labels where nothing else is asked")
    .argument("<file>", "a log (MCAP), or a folder of its segments")
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
      "add those of a file: WebVTT (.vtt, .srt), Audacity (.txt), ELAN (.eaf), .csv, .tsv",
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
    .option("--by <name>", "who says so", "person")
    .option("--json", "print one JSON object as the last line")
    .action((file: string, flags: LabelRecordingFlags) => labelRecording(file, flags));
}

function offset(text: string): number {
  const seconds = Number(text.replace(/s$/, ""));
  if (!Number.isFinite(seconds))
    throw new InvalidArgumentError(`expected seconds like 1.5, got ${text}`);
  return Math.round(seconds * 1e6);
}
