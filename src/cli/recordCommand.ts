import { join } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import { ConfigError } from "../errors.ts";
import type { PipelineDefinition } from "../pipeline/definePipeline.ts";
import type { Feed, FeedRequest } from "../pipeline/Feed.ts";
import { loadSensorKind } from "../pipeline/loadSensorKind.ts";
import { parseSensorSpec, type SensorSpec } from "../pipeline/parseSensorSpec.ts";
import { type Recordable, type RecordSummary, recordFeed } from "../pipeline/recordFeed.ts";
import { recordReplays } from "../pipeline/recordReplays.ts";
import { counted, type Micros, seconds, toSeconds } from "../units.ts";
import { count } from "./count.ts";
import { interruption } from "./interruption.ts";
import { curveOptions } from "./keyFiles.ts";
import { loadPipeline } from "./loadPipeline.ts";
import { codeRoot } from "./packageRoot.ts";
import { progressLine } from "./progressLine.ts";
import { addRecordingFlags, type RecordingFlags, recordingOf } from "./recordingFlags.ts";
import { recordRunning } from "./recordRunning.ts";
import { type NamedSensors, sensorsNamed } from "./sensorsNamed.ts";

interface RecordFlags extends RecordingFlags {
  readonly out?: string;
  readonly sensor: readonly SensorSpec[];
  readonly once?: true;
  readonly url?: string;
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
      "[file]",
      "where the log goes (MCAP), a folder if it is one of segments; must not exist",
    )
    .argument("[pipeline]", "folder of pipelines/; talking-face where no sensor is named")
    .option("--out <file>", "where the log goes; the same as the first argument")
    .option(
      "--sensor <sensor>",
      "record this sensor: microphone, file:film.mp4, front=camera:/dev/video1,shape=48x64; of a pipeline, in place of its own",
      (text: string, before: readonly SensorSpec[]) => [...before, parseSensorSpec(text)],
      [],
    )
    .option(
      "--once",
      "end when what is replayed has ended; as fast as it goes where nothing is live",
    )
    .option(
      "--url <address>",
      "record what this running pipeline records: its whole log from now on",
    )
    .option("--live", "use this machine's own sensors")
    .option("--recording <file>", "record a replay of this recording instead of the demo")
    .option("--data <dir>", "stream a data set through the sensors instead of the demo")
    .option("--split <name>", "split of the data set", "dev")
    .option("--sentences <n>", "how many of its items; all unless given", count)
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

async function record(
  first: string | undefined,
  second: string | undefined,
  flags: RecordFlags,
): Promise<void> {
  const [file, name] = flags.out === undefined ? [first, second] : [flags.out, first];
  if (file === undefined)
    throw new ConfigError("record", "expected a file to record into, got none: give --out FILE");
  const stop = interruption();
  if (flags.url === undefined) await recordSensors(file, name, flags, stop.signal);
  else {
    if (name !== undefined || flags.sensor.length > 0)
      throw new ConfigError("record", "expected no pipeline and no sensor beside --url, got one");
    const { url, for: length, json } = flags;
    const recorded = await recordRunning(file, {
      ...{ url, signal: stop.signal, ...recordingOf(flags) },
      ...(length !== undefined && { length }),
      onOpen: () => process.stderr.write(`recording ${url}\n`),
    });
    say(file, recorded, json);
  }
}

async function recordSensors(
  file: string,
  name: string | undefined,
  flags: RecordFlags,
  signal: AbortSignal,
): Promise<void> {
  const { live, recording, data, split, sentences, seed, without, bind, subscribe, json } = flags;
  const sensors = join(codeRoot(), "sensors");
  const named = await sensorsNamed(flags.sensor, name, sensors);
  const definition = named?.recordable ?? (await loadPipeline(name ?? "talking-face"));
  const request = {
    ...{ live: live ?? false, split, seed },
    ...(recording !== undefined && { recording }),
    ...(data !== undefined && { data }),
    ...(sentences !== undefined && { count: sentences }),
  };
  const feed = await feedOf(named, definition, name, request);
  if (flags.once && isOfOneFile(flags) && (await isReplay(feed, without, sensors))) {
    const progress = progressLine(process.stderr);
    const length = flags.for ?? feed.duration;
    const replayed = await recordReplays(file, { recordable: definition, feed }, sensors, signal, {
      ...{ truth: feed.truth, without },
      ...(length !== undefined && { length }),
      onProgress: (done) => progress.show(`${toSeconds(done).toFixed(0)} s recorded`, false),
    });
    progress.end();
    say(file, replayed, json);
    return;
  }
  const summary = await recordFeed(
    definition,
    {
      file,
      feed,
      without,
      seed,
      sensors,
      subscribe,
      insecure: flags.insecure ?? false,
      ...(flags.for !== undefined && { length: flags.for }),
      ...(flags.once && { once: named?.ending ?? [] }),
      ...recordingOf(flags),
      ...(bind !== undefined && { bind }),
      ...(flags.control !== undefined && { control: flags.control }),
      ...curveOptions(flags),
      onOpen: (endpoint) => process.stderr.write(`recording ${feed.name}; sensors: ${endpoint}\n`),
      onProblem: (text) => process.stderr.write(`problem: ${text}\n`),
    },
    signal,
  );
  say(file, summary, json);
}

/** Sensors that are named, beside a pipeline's own live ones of its other streams. */
async function feedOf(
  named: NamedSensors | undefined,
  definition: Recordable,
  pipeline: string | undefined,
  request: FeedRequest,
): Promise<Feed> {
  const own =
    named !== undefined && pipeline === undefined
      ? undefined
      : await (definition as PipelineDefinition).feed(request);
  if (named === undefined) return own ?? { name: "no sensor", sensors: {}, truth: [] };
  const isLive = own !== undefined && own.duration === undefined;
  return isLive
    ? { ...named.feed, sensors: { ...own.sensors, ...named.feed.sensors } }
    : named.feed;
}

/** Whether all that is recorded is there already: then nobody has to wait for it. */
async function isReplay(
  { sensors: plans }: Feed,
  without: readonly string[],
  sensors: string,
): Promise<boolean> {
  const used = Object.entries(plans).filter(([stream]) => !without.includes(stream));
  const paces = await Promise.all(
    used.map(
      async ([, { kind, options }]) => (await loadSensorKind(kind, sensors)).create(options).pace,
    ),
  );
  return paces.length > 0 && paces.every((pace) => pace === "replay");
}

function isOfOneFile({ segmentSize, segmentTime, keepSize, keepAge }: RecordFlags): boolean {
  return (segmentSize ?? segmentTime ?? keepSize ?? keepAge) === undefined;
}

function say(file: string, summary: RecordSummary, json: true | undefined): void {
  const { frames, records } = summary;
  const text = json
    ? JSON.stringify({ file, ...summary })
    : `${file}: ${counted(records, "record")}, ${Object.entries(frames)
        .map(([stream, of]) => `${counted(of, "frame")} of ${stream}`)
        .join(", ")}`;
  process.stdout.write(`${text}\n`);
}

function length(text: string): Micros {
  const value = Number(text.replace(/s$/, ""));
  if (!(value > 0)) throw new InvalidArgumentError(`expected seconds > 0, got ${text}`);
  return seconds(value);
}
