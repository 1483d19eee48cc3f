import { type Command, InvalidArgumentError, Option } from "commander";

import { SystemClock } from "../clock/SystemClock.ts";
import { ConfigError } from "../errors.ts";
import { fileMetadata } from "../log/fileMetadata.ts";
import { readLog } from "../log/readLog.ts";
import { DIGEST_NOTES, ReadingDigest } from "../pipeline/ReadingDigest.ts";
import { readingLine } from "../pipeline/readingLine.ts";
import { recordedPart } from "../pipeline/recordedPart.ts";
import { replayLog } from "../pipeline/replayLog.ts";
import { type DeviceChoice, devices } from "../tensor/device/Device.ts";
import { type Micros, micros, millis } from "../units.ts";
import { count } from "./count.ts";
import { LineFile } from "./LineFile.ts";
import { loadPipeline } from "./loadPipeline.ts";

interface ReplayFlags {
  readonly pipeline: string;
  readonly with: readonly string[];
  readonly device: DeviceChoice;
  readonly threads: number;
  readonly verify?: true;
  readonly expect?: string;
  readonly from?: (start: Micros) => Micros;
  readonly to?: (start: Micros) => Micros;
  readonly streams?: readonly string[];
  readonly speed: number | "max";
  readonly follow?: true;
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
    .option("--readings <file>", "write every reading as a JSON line")
    .option("--events <file>", "write every event as a JSON line, each time it changes")
    .option("--json", "print one JSON object as the last line")
    .action(replay);
}

async function replay(file: string, flags: ReplayFlags): Promise<void> {
  const { from, to, streams, follow, speed } = flags;
  const isPart = [from, to, streams].some((part) => part !== undefined);
  if (isPart && (flags.verify || flags.expect !== undefined))
    throw new ConfigError("replay", "a whole log expected with --verify and --expect, got a part");
  const wanted = flags.verify || flags.expect !== undefined ? await wantedOf(file, flags) : null;
  const clock = new SystemClock();
  const stop = new AbortController();
  if (follow)
    for (const end of ["SIGINT", "SIGTERM"] as const) process.once(end, () => stop.abort());
  const start = from === undefined && to === undefined ? micros(0) : await startOf(file);
  const since = from?.(start);
  const readings = flags.readings && (await LineFile.open(flags.readings));
  const told = flags.events && (await LineFile.open(flags.events));
  let digest: ReadingDigest | undefined;
  let events = 0;
  const definition = await loadPipeline(flags.pipeline);
  await replayLog(definition, {
    records: (model) =>
      recordedPart(model, {
        log: file,
        definition,
        ...(since !== undefined && { from: since }),
        ...(to !== undefined && { to: to(start) }),
        ...(streams !== undefined && { streams }),
        ...(follow && { follow: { clock, signal: stop.signal } }),
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

/** Log time of the first record. */
async function startOf(log: string): Promise<Micros> {
  for await (const { logTime } of readLog(log)) return logTime;
  return micros(0);
}

/**
 * A time in a log: `12.3s` from its first record, or a date.
 *
 * @throws {InvalidArgumentError} If the text is neither.
 */
function timeIn(text: string): (start: Micros) => Micros {
  const [, offset] = /^(\d+(?:\.\d+)?)s?$/.exec(text) ?? [];
  if (offset !== undefined) return (start) => micros(start + Number(offset) * 1e6);
  const date = Date.parse(text);
  if (Number.isNaN(date))
    throw new InvalidArgumentError(`expected 12.3s or 2026-01-31T12:00:00Z, got ${text}`);
  return () => millis(date);
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
