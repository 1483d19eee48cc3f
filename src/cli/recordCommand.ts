import { join } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import type { PipelineDefinition } from "../pipeline/definePipeline.ts";
import type { Feed } from "../pipeline/Feed.ts";
import { recordDriven } from "../pipeline/recordDriven.ts";
import { type RecordSummary, recordFeed } from "../pipeline/recordFeed.ts";
import { type Micros, seconds } from "../units.ts";
import { count } from "./count.ts";
import { curveOptions } from "./keyFiles.ts";
import { loadPipeline } from "./loadPipeline.ts";
import { codeRoot } from "./packageRoot.ts";
import { progressLine } from "./progressLine.ts";
import { addRecordingFlags, type RecordingFlags, recordingOf } from "./recordingFlags.ts";

interface RecordFlags extends RecordingFlags {
  readonly live?: true;
  readonly recording?: string;
  readonly data?: string;
  readonly split: string;
  readonly sentences?: number;
  readonly for?: Micros;
  readonly without: readonly string[];
  readonly bind?: string;
  readonly subscribe: readonly string[];
  readonly control?: string;
  readonly curveSecret?: string;
  readonly allow?: string;
  readonly insecure?: true;
  readonly seed: number;
  readonly pace: "realtime" | "fast";
  readonly json?: true;
}

/** Adds `record`: sensors to a log, without a model. */
export function addRecordCommand(program: Command): void {
  const several = (value: string, before: readonly string[]): readonly string[] => [
    ...before,
    value,
  ];
  const command = program
    .command("record")
    .description("record what a pipeline's sensors say, without a model; replay interprets it")
    .argument(
      "<file>",
      "where the log goes (MCAP), a folder if it is one of segments; must not exist",
    )
    .argument("[pipeline]", "folder of pipelines/", "talking-face")
    .option("--live", "use this machine's own sensors")
    .option("--recording <file>", "record a replay of this recording instead of the demo")
    .option("--data <dir>", "stream a data set through the sensors instead of the demo")
    .option("--split <name>", "split of the data set", "dev")
    .option("--sentences <n>", "how many of its items; all unless given", count)
    .addOption(
      new Option("--pace <pace>", "on the machine's clock, or a replay as fast as it goes")
        .choices(["realtime", "fast"])
        .default("realtime"),
    )
    .addOption(new Option("--for <seconds>", "end after so long").argParser(length))
    .option("--without <stream>", "never start this stream's sensor", several, [])
    .option("--bind <address>", "where sensors push to, like tcp://127.0.0.1:5560")
    .option(
      "--subscribe <address>",
      "also take frames from this publisher; WHO@address if it encrypts",
      several,
      [],
    )
    .option("--control <address>", "where sensors find the control path; like --bind")
    .option("--curve-secret <file>", "encrypt the wire with these keys (sensorium keys)")
    .option("--allow <file>", "public keys of the sensors that may connect; with --curve-secret")
    .option("--insecure", "allow --bind beyond this machine without encryption")
    .option("--seed <n>", "seed of what the feed draws at random", count, 1)
    .option("--json", "print one JSON object as the last line")
    .action(record);
  addRecordingFlags(command);
}

async function record(file: string, name: string, flags: RecordFlags): Promise<void> {
  const { live, recording, data, split, sentences, seed, without, bind, subscribe, json } = flags;
  const definition = await loadPipeline(name);
  const feed = await definition.feed({
    live: live ?? false,
    ...(recording !== undefined && { recording }),
    ...(data !== undefined && { data }),
    ...(sentences !== undefined && { count: sentences }),
    split,
    seed,
  });
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort());
  const summary =
    flags.pace === "fast"
      ? await recordFast(definition, file, feed, flags, stop.signal)
      : await recordFeed(
          definition,
          {
            file,
            feed,
            without,
            seed,
            sensors: join(codeRoot(), "sensors"),
            subscribe,
            insecure: flags.insecure ?? false,
            ...(flags.for !== undefined && { length: flags.for }),
            ...recordingOf(flags),
            ...(bind !== undefined && { bind }),
            ...(flags.control !== undefined && { control: flags.control }),
            ...curveOptions(flags),
            onOpen: (endpoint) =>
              process.stderr.write(`recording ${feed.name}; sensors: ${endpoint}\n`),
            onProblem: (text) => process.stderr.write(`problem: ${text}\n`),
          },
          stop.signal,
        );
  const { frames, records } = summary;
  const text = json
    ? JSON.stringify({ file, ...summary })
    : `${file}: ${records} records, ${Object.entries(frames)
        .map(([stream, of]) => `${of} frames of ${stream}`)
        .join(", ")}`;
  process.stdout.write(`${text}\n`);
}

/** What needs no wire and no machine's clock: the sensors of a feed that is replayed. */
async function recordFast(
  definition: PipelineDefinition,
  file: string,
  feed: Feed,
  flags: RecordFlags,
  signal: AbortSignal,
): Promise<RecordSummary> {
  const progress = progressLine(process.stderr);
  const summary = await recordDriven(
    definition,
    {
      file,
      feed,
      without: flags.without,
      sensors: join(codeRoot(), "sensors"),
      ...(flags.for !== undefined && { length: flags.for }),
      ...recordingOf(flags),
      onProgress: (share) =>
        progress.show(`recording ${feed.name}: ${Math.round(100 * share)} %`, share === 1),
    },
    signal,
  );
  progress.end();
  return summary;
}

function length(text: string): Micros {
  const value = Number(text.replace(/s$/, ""));
  if (!(value > 0)) throw new InvalidArgumentError(`expected seconds > 0, got ${text}`);
  return seconds(value);
}
