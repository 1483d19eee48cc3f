import { type Command, InvalidArgumentError, Option } from "commander";

import { SystemClock } from "../clock/SystemClock.ts";
import { ConfigError } from "../errors.ts";
import { fileMetadata } from "../log/fileMetadata.ts";
import { DIGEST_NOTES, ReadingDigest } from "../pipeline/ReadingDigest.ts";
import { readingLine } from "../pipeline/readingLine.ts";
import { recordedPart } from "../pipeline/recordedPart.ts";
import { replayLog } from "../pipeline/replayLog.ts";
import { type DeviceChoice, devices } from "../tensor/device/Device.ts";
import { count } from "./count.ts";
import { interruption } from "./interruption.ts";
import { LineFile, linesIn } from "./LineFile.ts";
import { loadPipeline } from "./loadPipeline.ts";
import { partIn, type TimeIn, timeIn } from "./timeIn.ts";

interface ReplayFlags {
  readonly pipeline?: string;
  readonly with: readonly string[];
  readonly device: DeviceChoice;
  readonly threads: number;
  readonly verify?: true;
  readonly expect?: string;
  readonly from?: TimeIn;
  readonly to?: TimeIn;
  readonly streams?: readonly string[];
  readonly speed: number | "max";
  readonly follow?: true;
  readonly loop?: number | true;
  readonly readings?: string;
  readonly events?: string;
  readonly json?: true;
}

/** Adds `replay`: makes of a recorded log what the run made of it, and says so in one digest. */
export function addReplayCommand(program: Command): void {
  program
    .command("replay")
    .description("interpret a recorded log again: same log, same device, same digest")
    .argument("<file>", "a log written with run --record, or a folder of its segments")
    .option("--pipeline <name>", "folder of pipelines/; the recording's own unless given")
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
    .option("--verify", "fail unless the readings are those that the run noted in the log")
    .addOption(
      new Option("--expect <sha256>", "fail unless this is their digest").argParser(sha256Of),
    )
    .addOption(
      new Option("--from <time>", "say what follows from here on: 12.3s").argParser(timeIn),
    )
    .addOption(
      new Option("--to <time>", "leave out what was recorded from here on").argParser(timeIn),
    )
    .addOption(
      new Option("--streams <names>", "as if there were no others: audio,video").argParser((text) =>
        text.split(","),
      ),
    )
    .addOption(
      new Option("--speed <x>", "so many times as fast as it happened, or max")
        .argParser(speedOf)
        .default("max"),
    )
    .option("--follow", "wait for what is still being written, until the log is closed or Ctrl-C")
    .addOption(
      new Option(
        "--loop [times]",
        "again and again, or so many times; each from a fresh start",
      ).argParser(times),
    )
    .option("--readings <file>", "write every reading as a JSON line")
    .option("--events <file>", "write every event as a JSON line, each time it changes")
    .option("--json", "print one JSON object as the last line")
    .action(replay);
}

async function replay(file: string, flags: ReplayFlags): Promise<void> {
  const { loop = 1, follow } = flags;
  if (follow && loop !== 1)
    throw new ConfigError("replay", "expected --loop or --follow, got both");
  // A replay that ends by itself ends at once; one that does not, after this time through.
  const stop = follow || loop !== 1 ? interruption() : new AbortController();
  for (let time = 1; time <= (loop === true ? Infinity : loop); time++) {
    await replayOnce(file, flags, stop.signal, time > 1);
    if (stop.signal.aborted) return;
  }
}

/** @param more Whether it was replayed before, so that files are added to. */
async function replayOnce(
  file: string,
  flags: ReplayFlags,
  stopped: AbortSignal,
  more: boolean,
): Promise<void> {
  const { from, to, streams, follow, speed } = flags;
  const isPart = [from, to, streams].some((part) => part !== undefined);
  if (isPart && (flags.verify || flags.expect !== undefined))
    throw new ConfigError("replay", "expected a whole log with --verify and --expect, got a part");
  const wanted = flags.verify || flags.expect !== undefined ? await wantedOf(file, flags) : null;
  const clock = new SystemClock();
  const part = await partIn(file, { from, to }, follow);
  const since = part.from;
  const readings =
    flags.readings &&
    (await LineFile.open(flags.readings, more ? (await linesIn(flags.readings)).lines : 0));
  const told =
    flags.events &&
    (await LineFile.open(flags.events, more ? (await linesIn(flags.events)).lines : 0));
  let digest: ReadingDigest | undefined;
  let events = 0;
  const pipeline = flags.pipeline ?? (await fileMetadata(file)).metadata["pipeline"];
  const definition = await loadPipeline(pipeline ?? "talking-face");
  await replayLog(definition, {
    records: (model) =>
      recordedPart(model, {
        log: file,
        definition,
        ...part,
        ...(streams !== undefined && { streams }),
        ...(follow && { follow: { clock, signal: stopped } }),
        ...(speed !== "max" && { pace: { clock, speed } }),
      }),
    answerWith: flags.with,
    device: flags.device,
    threads: flags.threads,
    digests: true,
    watch(interpretation) {
      const markAt = wanted?.readings;
      // A log that has lost its start says how far the digest had come.
      const state = since === undefined ? interpretation.digest : undefined;
      const digesting = new ReadingDigest({
        ...(state !== undefined && { state }),
        ...(markAt !== undefined && { markAt }),
      });
      digest = digesting;
      interpretation.moments.subscribe({
        next: ({ reading }) => {
          if (reading.time < (since ?? 0)) return;
          digesting.push(reading);
          if (readings) readings.write(readingLine(reading));
        },
        error: () => undefined, // `replayLog` tells
      });
      interpretation.events.subscribe((spans) => {
        for (const span of spans) {
          if (span.to < (since ?? 0)) continue;
          if (span.state === "final") events++;
          if (told) told.write(`${JSON.stringify(span)}\n`);
        }
      });
    },
  });
  if (readings) await readings.close();
  if (told) await told.close();
  const { count: given = 0, sha256 = "", mark } = digest ?? {};
  const isSame = wanted && (wanted.readings === undefined ? sha256 : mark) === wanted.sha256;
  const verdict = wanted && { verified: isSame, expected: wanted.sha256 };
  const result = { file, readings: given, events, sha256, ...verdict };
  process.stdout.write(`${JSON.stringify(result, undefined, flags.json ? undefined : 2)}\n`);
  if (isSame !== false) return;
  process.stderr.write(`${file}: expected readings ${wanted?.sha256}, got others\n`);
  process.exitCode = 1;
}

/** @throws {InvalidArgumentError} If the text is no whole number > 0. */
function times(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new InvalidArgumentError(`expected a whole number > 0, got ${text}`);
  return value;
}

/** @throws {InvalidArgumentError} If the text is no speed. */
function speedOf(text: string): number | "max" {
  const speed = Number(text.replace(/x$/, ""));
  if (text !== "max" && !(speed > 0 && Number.isFinite(speed)))
    throw new InvalidArgumentError(`expected a number > 0 or max, got ${text}`);
  return text === "max" ? text : speed;
}

/** What the readings must come to: as told, or as the run noted in its log. */
async function wantedOf(
  file: string,
  { expect }: ReplayFlags,
): Promise<{ readonly sha256: string; readonly readings?: number }> {
  if (expect !== undefined) return { sha256: expect };
  const { metadata } = await fileMetadata(file);
  const sha256 = metadata[DIGEST_NOTES.sha256];
  if (sha256 === undefined)
    throw new ConfigError(
      file,
      "expected a log that says what its readings were, as run --record writes it, got one without; " +
        "a run that crashed or had to leave rows out says nothing: give --expect DIGEST",
    );
  return { sha256, readings: Number(metadata[DIGEST_NOTES.readings]) };
}

/** @throws {InvalidArgumentError} If the text is no SHA-256 in hexadecimal. */
function sha256Of(text: string): string {
  if (!/^[0-9a-f]{64}$/.test(text))
    throw new InvalidArgumentError(`expected 64 hexadecimal digits, got ${text}`);
  return text;
}
