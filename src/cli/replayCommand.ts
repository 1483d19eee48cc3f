import { createHash } from "node:crypto";
import { type Command, Option } from "commander";

import { readLog } from "../log/readLog.ts";
import { replayLog } from "../pipeline/replayLog.ts";
import { type DeviceChoice, devices } from "../tensor/device/Device.ts";
import { count } from "./count.ts";
import { loadPipeline } from "./loadPipeline.ts";
import { readingLine } from "./readingLine.ts";

interface ReplayFlags {
  readonly pipeline: string;
  readonly with: readonly string[];
  readonly device: DeviceChoice;
  readonly threads: number;
  readonly json?: true;
}

/** Adds `replay`: makes of a recorded log what the run made of it, and says so in one digest. */
export function addReplayCommand(program: Command): void {
  program
    .command("replay")
    .description("interpret a recorded log again: same log, same device, same digest")
    .argument("<file>", "a log written with run --record")
    .option("--pipeline <name>", "folder of pipelines/", "talking-face")
    .option(
      "--with <stream>",
      "let a stream that contains the answer count",
      (stream: string, before: readonly string[]) => [...before, stream],
      [],
    )
    .addOption(
      new Option("--device <device>", "what computes").choices([...devices, "auto"]).default("cpu"),
    )
    .option("--threads <n>", "threads of the model", count, 1)
    .option("--json", "print one JSON object as the last line")
    .action(replay);
}

async function replay(file: string, flags: ReplayFlags): Promise<void> {
  const digest = createHash("sha256");
  let readings = 0;
  let events = 0;
  await replayLog(await loadPipeline(flags.pipeline), {
    records: readLog(file),
    answerWith: flags.with,
    device: flags.device,
    threads: flags.threads,
    watch(interpretation) {
      interpretation.moments.subscribe({
        next: ({ reading }) => {
          readings++;
          digest.update(readingLine(reading));
        },
        error: () => undefined, // `replayLog` tells
      });
      interpretation.events.subscribe((spans) => {
        events += spans.filter(({ state }) => state === "final").length;
      });
    },
  });
  const result = { file, readings, events, sha256: digest.digest("hex") };
  process.stdout.write(`${JSON.stringify(result, undefined, flags.json ? undefined : 2)}\n`);
}
