import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { type Command, Option } from "commander";

import { SystemClock } from "../clock/SystemClock.ts";
import type { Drop } from "../pipeline/DropSchedule.ts";
import type { PipelineRun } from "../pipeline/PipelineRun.ts";
import { DIGEST_NOTES, ReadingDigest } from "../pipeline/ReadingDigest.ts";
import type { Pace } from "../pipeline/RunOptions.ts";
import { RunReport } from "../pipeline/RunReport.ts";
import { readingLine } from "../pipeline/readingLine.ts";
import { startPipeline } from "../pipeline/startPipeline.ts";
import { pipelineFeed } from "../server/pipelineFeed.ts";
import { Server } from "../server/Server.ts";
import { type DeviceChoice, devices } from "../tensor/device/Device.ts";
import { count } from "./count.ts";
import { curveOptions } from "./keyFiles.ts";
import { loadPipeline } from "./loadPipeline.ts";
import { codeRoot } from "./packageRoot.ts";
import { parseDrop } from "./parseDrop.ts";
import { reportProgress, watchRun } from "./watchRun.ts";

interface RunFlags {
  readonly once?: true;
  readonly json?: true;
  readonly live?: true;
  readonly recording?: string;
  readonly data?: string;
  readonly split: string;
  readonly sentences?: number;
  readonly seed: number;
  readonly pace?: "realtime" | "fast";
  readonly drop: readonly Drop[];
  readonly without: readonly string[];
  readonly with: readonly string[];
  readonly device: DeviceChoice;
  readonly threads: number;
  readonly port: number;
  readonly host: string;
  readonly serve: boolean;
  readonly bind?: string;
  readonly subscribe: readonly string[];
  readonly control?: string;
  readonly curveSecret?: string;
  readonly allow?: string;
  readonly insecure?: true;
  readonly record?: string;
  readonly readings?: string;
}

/** Adds `run`, the default command: lets a pipeline run on a feed. */
export function addRunCommand(program: Command): void {
  program
    .command("run", { isDefault: true })
    .description("let a pipeline run: its demo recording unless told otherwise, with a dashboard")
    .argument("[pipeline]", "folder of pipelines/", "talking-face")
    .option("--once", "run the feed once, as fast as it goes, and exit")
    .option("--json", "print one JSON object as the last line")
    .option("--live", "use this machine's own sensors")
    .option("--recording <file>", "replay this recording (MCAP) instead of the demo")
    .option("--data <dir>", "stream a data set through the sensors instead of the demo")
    .option("--split <name>", "split of the data set", "dev")
    .option("--sentences <n>", "how many of its items; all unless given", count)
    .option("--seed <n>", "seed of what the feed draws at random", count, 1)
    .addOption(
      new Option(
        "--pace <pace>",
        "as fast as it goes (default with --once), or in real time",
      ).choices(["realtime", "fast"]),
    )
    .option("--drop <stream@from-to>", "kill a sensor for a while, like audio@4s-8s", drops, [])
    .option("--without <stream>", "never start this stream's sensor", several, [])
    .option("--with <stream>", "let a stream that contains the answer count", several, [])
    .addOption(
      new Option("--device <device>", "what computes").choices([...devices, "auto"]).default("cpu"),
    )
    .option("--threads <n>", "threads of the model", count, 1)
    .option("--port <n>", "port of the dashboard; 0 takes a free one", count, 8080)
    .option("--host <address>", "address of the dashboard", "127.0.0.1")
    .option("--no-serve", "no dashboard")
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
    .option("--record <file>", "record the run's log (MCAP)")
    .option("--readings <file>", "write every reading as a JSON line")
    .addHelpText(
      "after",
      "\nTimes in --drop and in the results are seconds from the start of the feed.",
    )
    .action(run);
}

async function run(name: string, flags: RunFlags): Promise<void> {
  const definition = await loadPipeline(name);
  const { recording, data, sentences } = flags;
  const feed = await definition.feed({
    live: flags.live ?? false,
    ...(recording !== undefined && { recording }),
    ...(data !== undefined && { data }),
    ...(sentences !== undefined && { count: sentences }),
    split: flags.split,
    seed: flags.seed,
  });
  const isOnce = flags.once ?? false;
  const pace: Pace =
    (flags.pace ?? (isOnce ? "fast" : "realtime")) === "fast" ? "driven" : "realtime";
  await using pipeline = await startPipeline(definition, {
    feed,
    pace,
    loop: !isOnce,
    without: flags.without,
    drops: flags.drop,
    answerWith: flags.with,
    device: flags.device,
    threads: flags.threads,
    seed: flags.seed,
    ...(flags.bind !== undefined && { bind: flags.bind }),
    ...(flags.control !== undefined && { control: flags.control }),
    ...curveOptions(flags),
    subscribe: flags.subscribe,
    insecure: flags.insecure ?? false,
    ...(flags.record !== undefined && { record: flags.record }),
    sensors: join(codeRoot(), "sensors"),
  });
  const report = new RunReport(pipeline);
  const noteDigest = flags.record === undefined ? () => undefined : digesting(pipeline);
  const written =
    flags.readings === undefined ? undefined : writeReadings(pipeline, flags.readings);
  await using _server = isOnce || !flags.serve ? null : await serve(pipeline, flags);
  const quiet = flags.json ?? false;
  const stopWatching = quiet
    ? () => undefined
    : isOnce
      ? reportProgress(pipeline, process.stderr)
      : watchRun(pipeline, process.stdout);

  const interrupted = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, () => {
      interrupted.abort();
      noteDigest();
      void pipeline[Symbol.asyncDispose]();
    });
  await pipeline.go();
  noteDigest();
  stopWatching();
  await written?.();
  const summary = report.summary();
  if (flags.json) process.stdout.write(`${JSON.stringify(summary)}\n`);
  else if (isOnce) process.stdout.write(`${JSON.stringify(summary, undefined, 2)}\n`);
}

async function serve(pipeline: PipelineRun, { host, port }: RunFlags): Promise<Server> {
  const feed = pipelineFeed(pipeline);
  const server = await Server.start(feed, { clock: new SystemClock(), host, port });
  process.stdout.write(`dashboard  ${server.url}\nsensors    ${pipeline.endpoint}\n`);
  return server;
}

/** Takes a digest of every reading; what it returns puts it on record, for `replay --verify`. */
function digesting(pipeline: PipelineRun): () => void {
  const digest = new ReadingDigest();
  pipeline.moments.subscribe({
    next: ({ reading }) => digest.push(reading),
    error: () => undefined, // `go` tells
  });
  return () => {
    // A replay answers every row: where the run had to leave some out they cannot agree.
    if (pipeline.counters().refusedRows > 0) return;
    pipeline.note({
      [DIGEST_NOTES.readings]: String(digest.count),
      [DIGEST_NOTES.sha256]: digest.sha256,
    });
  };
}

/** Writes every reading as it comes; call what it returns to wait for the last one. */
function writeReadings(pipeline: PipelineRun, path: string): () => Promise<void> {
  const file = createWriteStream(path);
  pipeline.moments.subscribe({
    next: ({ reading }) => file.write(readingLine(reading)),
    error: () => undefined, // `go` tells
  });
  return async () => {
    file.end();
    await once(file, "close");
  };
}

function several(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

function drops(value: string, before: readonly Drop[]): readonly Drop[] {
  return [...before, parseDrop(value)];
}
