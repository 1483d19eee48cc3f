import { stat } from "node:fs/promises";
import { join } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";

import { ConfigError } from "../errors.ts";
import { importMcap } from "../exchange/importMcap.ts";
import type { Label } from "../frames/EventSpan.ts";
import { labelOfLine } from "../log/labels/LabelLine.ts";
import { systemProblem } from "../log/systemProblem.ts";
import { writeLog } from "../log/writeLog.ts";
import { DRIVEN_START } from "../pipeline/drivenStart.ts";
import type { SensorSpec } from "../pipeline/parseSensorSpec.ts";
import { recordReplays } from "../pipeline/recordReplays.ts";
import { counted, type Micros, micros, millis } from "../units.ts";
import { interruption } from "./interruption.ts";
import { codeRoot } from "./packageRoot.ts";
import { readLabels } from "./readLabels.ts";
import { OWN_SITE, sensorsNamed } from "./sensorsNamed.ts";

/** Which sensor replays a file, by its ending. */
const KINDS: Readonly<Record<string, string>> = {
  ...{ ".csv": "csv", ".tsv": "csv", ".npy": "array" },
};

/** Files that we would be asked for and cannot read, and what to do. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  ".xdf": "no reader of XDF is kept on npm: save its streams as CSV (pyxdf does) and import those",
  ".db3": "a ROS 2 bag in SQLite: ros2 bag convert makes an .mcap of it",
  ".bag": "a ROS 1 bag: mcap convert makes an .mcap of it",
};

interface ImportFlags {
  readonly out: string;
  readonly pipeline?: string;
  readonly labels: readonly string[];
  readonly start?: Micros;
  readonly by: string;
  readonly json?: true;
}

/** Adds `import`: files of other programs as a recording. */
export function addImportCommand(program: Command): void {
  program
    .command("import")
    .description("make a recording of files: films, sound, tables, arrays, MCAP and ROS 2 bags")
    .argument("<files...>", "each as FILE or STREAM=FILE; all begin at the same instant")
    .requiredOption("--out <file>", "where the recording goes (MCAP); must not exist")
    .option("--pipeline <name>", "as streams of this pipeline, to train and replay it with")
    .option(
      "--labels <file>",
      "what happened: .vtt, .srt, .txt (Audacity), .eaf, .csv; second 0 is the files'",
      (path: string, before: readonly string[]) => [...before, path],
      [],
    )
    .addOption(new Option("--start <date>", "when the files begin").argParser(date))
    .option("--by <name>", "who says what the labels say", "person")
    .option("--json", "print one JSON object as the last line")
    .action(run);
}

async function run(files: readonly string[], flags: ImportFlags): Promise<void> {
  const bags = files.filter((file) => /\.mcap$/i.test(file));
  if (bags.length > 0 && files.length > 1)
    throw new ConfigError(
      "import",
      "expected one .mcap by itself, got more files: import them one by one, then sensorium merge",
    );
  const [bag] = bags;
  if (bag === undefined) await importFiles(files, flags);
  else await importBag(bag, flags);
}

async function importFiles(files: readonly string[], flags: ImportFlags): Promise<void> {
  const sensors = join(codeRoot(), "sensors");
  const specs = files.map(specOf);
  for (const { argument = "" } of specs) await expectFile(argument);
  const named = await sensorsNamed(specs, flags.pipeline, sensors);
  if (named === undefined) throw new ConfigError("import", "expected files, got none");
  const truth = await labelsIn(flags, micros(0));
  const stop = interruption();
  const { start = DRIVEN_START } = flags;
  const { frames, records } = await recordReplays(flags.out, named, sensors, stop.signal, {
    ...{ start, truth },
  });
  say(flags, records, frames, truth.length);
}

async function importBag(path: string, flags: ImportFlags): Promise<void> {
  if (flags.pipeline !== undefined || flags.start !== undefined)
    throw new ConfigError("import", "expected no --pipeline and no --start with .mcap, got one");
  const { streams, labels, records, unread } = await importMcap(path, OWN_SITE);
  for (const [topic, what] of unread)
    process.stderr.write(`left out ${topic}: ${what} is not read\n`);
  const frames: Record<string, number> = {};
  for (const { stream } of streams) frames[stream] = 0;
  async function* counted() {
    for await (const record of records) {
      if (record.kind === "DATA")
        frames[record.chunk.stream] =
          (frames[record.chunk.stream] ?? 0) + record.chunk.originTimes.length;
      yield record;
      if (record.kind !== "CONFIG") continue;
      for (const label of await labelsIn(flags, record.origin))
        yield { kind: "LABEL" as const, logTime: record.logTime, label };
    }
  }
  const metadata = { pipeline: "sensors", feed: path };
  const { signal } = interruption();
  const count = await writeLog(flags.out, counted(), { metadata, signal });
  say(flags, count, frames, labels.length);
}

/** @throws {ConfigError} If there is no file to read: each sensor would say it of its own kind of file. */
async function expectFile(path: string): Promise<void> {
  const problem = await stat(path).then(
    (found) => (found.isDirectory() ? "a folder" : undefined),
    (cause: unknown) => systemProblem(cause),
  );
  if (problem !== undefined)
    throw new ConfigError(path, `expected a readable file, got ${problem}`);
}

/** `film.mp4` or `front=film.mp4` as the sensor that replays it. */
function specOf(text: string): SensorSpec {
  const [, stream, path = text] = /^([A-Za-z0-9._-]+)=(.+)$/.exec(text) ?? [];
  const ending = /\.[^./\\]*$/.exec(path)?.[0].toLowerCase() ?? "";
  const elsewhere = ELSEWHERE[ending];
  if (elsewhere !== undefined)
    throw new ConfigError(path, `expected a file to import, ${elsewhere}`);
  const kind = KINDS[ending] ?? (path.endsWith(".npy.gz") ? "array" : "file");
  const options = ending === ".tsv" ? { delimiter: "\t" } : {};
  return { text, kind, argument: path, options, ...(stream !== undefined && { stream }) };
}

async function labelsIn({ labels, by }: ImportFlags, start: Micros): Promise<Label[]> {
  const all: Label[] = [];
  for (const path of labels) {
    const read = await readLabels(path);
    for (const line of read.wrong) process.stderr.write(`${path}: no label: ${line}\n`);
    all.push(...read.labels.map((line) => labelOfLine(line, start, by)));
  }
  return all;
}

function say(
  { out, json }: ImportFlags,
  records: number,
  frames: Readonly<Record<string, number>>,
  labels: number,
): void {
  const streams = Object.entries(frames).map(
    ([stream, of]) => `${counted(of, "frame")} of ${stream}`,
  );
  const text = json
    ? JSON.stringify({ file: out, records, frames, labels })
    : `${out}: ${[...streams, counted(labels, "label")].join(", ")}`;
  process.stdout.write(`${text}\n`);
}

function date(text: string): Micros {
  const time = Date.parse(text);
  if (!(time > 0))
    throw new InvalidArgumentError(`expected a date like 2026-01-31T12:00:00Z, got ${text}`);
  return millis(time);
}
