import { basename, join } from "node:path";
import { type Command, Option } from "commander";

import { SystemClock } from "../clock/SystemClock.ts";
import { ConfigError } from "../errors.ts";
import type { Drop } from "../pipeline/DropSchedule.ts";
import type { PipelineRun } from "../pipeline/PipelineRun.ts";
import { parseSensorSpec, type SensorSpec } from "../pipeline/parseSensorSpec.ts";
import type { Pace, RunOptions } from "../pipeline/RunOptions.ts";
import { RunReport } from "../pipeline/RunReport.ts";
import { readingLine } from "../pipeline/readingLine.ts";
import { startPipeline } from "../pipeline/startPipeline.ts";
import { pipelineFeed } from "../server/pipelineFeed.ts";
import { Server } from "../server/Server.ts";
import { type DeviceChoice, devices } from "../tensor/device/Device.ts";
import type { Micros } from "../units.ts";
import { attachAtOnce } from "./attachAtOnce.ts";
import { count, port } from "./count.ts";
import { hostName } from "./hostName.ts";
import { interruption } from "./interruption.ts";
import { joinDesk, joinInvitation, readTls } from "./joinDesk.ts";
import { curveOptions } from "./keyFiles.ts";
import { LineFile, linesIn } from "./LineFile.ts";
import { loadPipeline } from "./loadPipeline.ts";
import { codeRoot } from "./packageRoot.ts";
import { parseDrop } from "./parseDrop.ts";
import { parseTime } from "./parseQuantity.ts";
import { addRecordingFlags, type RecordingFlags, recordingOf } from "./recordingFlags.ts";
import { reportProgress, watchRun } from "./watchRun.ts";

interface RunFlags extends RecordingFlags {
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
  readonly sensor: readonly SensorSpec[];
  readonly device: DeviceChoice;
  readonly threads: number;
  readonly port: number;
  readonly host: string;
  readonly serve: boolean;
  readonly allowHost: readonly string[];
  readonly viewerOrigin: readonly string[];
  readonly join?: true;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly bind?: string;
  readonly subscribe: readonly string[];
  readonly control?: string;
  readonly curveSecret?: string;
  readonly allow?: string;
  readonly insecure?: true;
  readonly learn?: true;
  readonly learnTruth?: number;
  readonly record?: string;
  readonly resume?: true;
  readonly checkpointEvery?: Micros;
  readonly readings?: string;
  readonly events?: string;
}

/** Adds `run`, the default command: lets a pipeline run on a feed. */
export function addRunCommand(program: Command): void {
  const command = program
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
    .option(
      "--sensor <sensor>",
      "attach this sensor too: microphone, csv:log.csv, audio=microphone (in place of the feed's own)",
      sensorSpecs,
      [],
    )
    .option("--with <stream>", "let a stream that contains the answer count", several, [])
    .addOption(
      new Option("--device <device>", "what computes").choices([...devices, "auto"]).default("cpu"),
    )
    .option("--threads <n>", "threads of the model", count, 1)
    .option("--port <n>", "port of the dashboard; 0 takes a free one", port, 8080)
    .option("--host <address>", "address of the dashboard", "127.0.0.1")
    .option(
      "--allow-host <name>",
      "name under which browsers may also reach the dashboard, like lab.example",
      hostNames,
      [],
    )
    .option("--no-serve", "no dashboard")
    .option(
      "--viewer-origin <origin>",
      "let a page from elsewhere look on by Foxglove's protocol, like https://app.foxglove.dev",
      several,
      [],
    )
    .option("--join", "let phones and laptops sense: prints a link and a code to scan")
    .option("--tls-cert <file>", "certificate (PEM), to speak https; phones sense only then")
    .option("--tls-key <file>", "its key (PEM)")
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
    .option("--learn", "learn from labels while it serves: docs/learning.md")
    .option(
      "--learn-truth <n>",
      "with --learn: every n-th label of the feed's own truth teaches",
      count,
    )
    .option("--record <file>", "record the run's log (MCAP)")
    .option("--resume", "go on with the --record, --readings and --events of a run that was killed")
    .addOption(
      new Option(
        "--checkpoint-every <time>",
        "time between checkpoints in the record: 10s",
      ).argParser(parseTime),
    )
    .option("--readings <file>", "write every reading as a JSON line")
    .option("--events <file>", "write every event as a JSON line, each time it changes")
    .addHelpText(
      "after",
      "\nTimes in --drop and in the results are seconds from the start of the feed.",
    )
    .action(run);
  addRecordingFlags(command);
}

async function run(name: string, flags: RunFlags): Promise<void> {
  const definition = await loadPipeline(name);
  const { recording, data, sentences } = flags;
  const whole = await definition.feed({
    live: flags.live ?? false,
    ...(recording !== undefined && { recording }),
    ...(data !== undefined && { data }),
    ...(sentences !== undefined && { count: sentences }),
    split: flags.split,
    seed: flags.seed,
  });
  const taken = flags.sensor.map(({ stream }) => stream);
  const own = Object.entries(whole.sensors).filter(([stream]) => !taken.includes(stream));
  const feed = { ...whole, sensors: Object.fromEntries(own) };
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
    ...learningOf(flags),
    ...(await recordingFor(flags)),
    sensors: join(codeRoot(), "sensors"),
  });
  await attachAtOnce(pipeline, flags.sensor);
  if (!pipeline.model.trained) process.stderr.write(untrainedNote(name));
  const report = new RunReport(pipeline);
  const written = await writeLines(pipeline, flags);
  await using _server = isOnce || !flags.serve ? null : await serve(pipeline, flags);
  const quiet = flags.json ?? false;
  const stopWatching = quiet
    ? () => undefined
    : isOnce
      ? reportProgress(pipeline, process.stderr)
      : watchRun(pipeline, process.stdout);

  interruption().signal.addEventListener("abort", () => {
    // What goes wrong with it is told where the pipeline goes out of scope.
    pipeline[Symbol.asyncDispose]().catch(() => undefined);
  });
  await pipeline.go();
  stopWatching();
  await written();
  const summary = report.summary();
  if (flags.json) process.stdout.write(`${JSON.stringify(summary)}\n`);
  else if (isOnce) process.stdout.write(`${JSON.stringify(summary, undefined, 2)}\n`);
}

/** What a pipeline without weights can do, and what it takes to make it answer. */
function untrainedNote(pipeline: string): string {
  const name = basename(pipeline);
  return (
    `untrained: ${name} has no weights yet, so it shows, records and labels, and answers nothing\n` +
    `  sensorium record recordings/${name}/take-1.mcap ${pipeline} --for 60\n` +
    `  sensorium label recordings/${name}/take-1.mcap --add LABEL@FROM-TO\n` +
    `  sensorium train pipelines/${name} --recordings recordings/${name}\n`
  );
}

async function serve(pipeline: PipelineRun, flags: RunFlags): Promise<Server> {
  const { host, port, allowHost: allowedHosts, viewerOrigin: viewerOrigins } = flags;
  const tls = readTls(flags);
  const join = flags.join ? joinDesk(pipeline) : undefined;
  const server = await Server.start(pipelineFeed(pipeline), {
    clock: new SystemClock(),
    host,
    port,
    allowedHosts,
    viewerOrigins,
    ...(tls !== undefined && { tls }),
    ...(join !== undefined && { join }),
  });
  process.stdout.write(`dashboard  ${server.url}\nsensors    ${pipeline.endpoint}\n`);
  if (join !== undefined) {
    process.stdout.write(
      joinInvitation(server.url, { host, token: join.token, name: allowedHosts[0] }),
    );
    if (pipeline.options.feed.duration !== undefined)
      process.stdout.write(
        "           the replay goes on where nobody lends; --live is without it\n",
      );
  }
  return server;
}

/** Writes what a run says, a line each; call what it returns to wait for the last one. */
async function writeLines(
  pipeline: PipelineRun,
  { readings, events }: RunFlags,
): Promise<() => Promise<void>> {
  const { moments, spans } = pipeline.resumedAt;
  const error = (): void => undefined; // `go` tells
  const files: LineFile[] = [];
  if (readings !== undefined) {
    const file = await LineFile.open(readings, moments);
    pipeline.moments.subscribe({ next: ({ reading }) => file.write(readingLine(reading)), error });
    files.push(file);
  }
  if (events !== undefined) {
    const file = await LineFile.open(events, spans);
    pipeline.events.subscribe((told) => {
      for (const span of told) file.write(`${JSON.stringify(span)}\n`);
    });
    files.push(file);
  }
  return async () => {
    for (const file of files) await file.close();
  };
}

/** Whether and how it learns. */
function learningOf({ learn, learnTruth }: RunFlags): Pick<RunOptions, "learn"> {
  if (learn) return { learn: learnTruth === undefined ? {} : { truthEvery: learnTruth } };
  if (learnTruth !== undefined)
    throw new ConfigError("run", "expected --learn with --learn-truth, got none");
  return {};
}

/** How the run is recorded, and from where it goes on. */
async function recordingFor(flags: RunFlags): Promise<Pick<RunOptions, "record" | "recording">> {
  const { record, resume, readings, events, checkpointEvery } = flags;
  if (record === undefined) {
    if (resume) throw new ConfigError("run", "expected --record with --resume, got none");
    return {};
  }
  // What was written of the outputs is to be gone on with too: no place beyond their ends will do.
  const moments = readings === undefined ? undefined : (await linesIn(readings)).lines;
  const spans = events === undefined ? undefined : (await linesIn(events)).lines;
  return {
    record,
    recording: {
      ...recordingOf(flags),
      ...(checkpointEvery !== undefined && { checkpoints: checkpointEvery }),
      ...(resume && {
        resume: {
          ...(moments !== undefined && { moments }),
          ...(spans !== undefined && { spans }),
        },
      }),
    },
  };
}

function several(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

function hostNames(value: string, before: readonly string[]): readonly string[] {
  return [...before, hostName(value)];
}

function sensorSpecs(value: string, before: readonly SensorSpec[]): readonly SensorSpec[] {
  return [...before, parseSensorSpec(value)];
}

function drops(value: string, before: readonly Drop[]): readonly Drop[] {
  return [...before, parseDrop(value)];
}
