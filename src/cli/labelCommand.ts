import { type Command, Option } from "commander";

import { ConfigError } from "../errors.ts";
import { type Micros, seconds } from "../units.ts";
import { parseTime } from "./parseQuantity.ts";
import { DEFAULT_URL, RunningPipeline } from "./RunningPipeline.ts";

interface LabelFlags {
  readonly url: string;
  readonly ago: Micros;
  readonly for: Micros;
  readonly by: string;
  readonly slot: string;
  readonly json?: true;
}

/** Adds `label`: tells a running pipeline what has happened. */
export function addLabelCommand(program: Command): void {
  program
    .command("label")
    .description("tell a running pipeline what has happened; what learns takes it to its moments")
    .argument("<class>", "what it was, one of the model's classes")
    .addOption(
      new Option("--ago <time>", "how long ago it began: 2s")
        .argParser(parseTime)
        .default(seconds(1), "1s"),
    )
    .addOption(
      new Option("--for <time>", "how long it lasted")
        .argParser(parseTime)
        .default(seconds(1), "1s"),
    )
    .option("--by <name>", "who says so", "command line")
    .option("--slot <name>", "its kind, where the vocabulary has kinds", "")
    .option("--url <address>", "the pipeline's server", DEFAULT_URL)
    .option("--json", "print one JSON object as the last line")
    .action(async (label: string, flags: LabelFlags) => {
      const { ago, by, slot, json } = flags;
      const pipeline = new RunningPipeline(flags.url);
      const now = (await pipeline.status()).streams?.time;
      if (now === undefined)
        throw new ConfigError(
          flags.url,
          "expected a pipeline that has begun, got one that has not",
        );
      const from = Math.round(now - ago);
      const told = { label, from, to: from + flags.for, by, slot };
      await pipeline.post("/api/labels", told);
      process.stdout.write(`${json ? JSON.stringify(told) : `${label} is on record`}\n`);
    });
}
