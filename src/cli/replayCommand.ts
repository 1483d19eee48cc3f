import { type Command, InvalidArgumentError, Option } from "commander";

import { ConfigError } from "../errors.ts";
import { fileMetadata } from "../log/fileMetadata.ts";
import { readLog } from "../log/readLog.ts";
import { DIGEST_NOTES, ReadingDigest } from "../pipeline/ReadingDigest.ts";
import { replayLog } from "../pipeline/replayLog.ts";
import { type DeviceChoice, devices } from "../tensor/device/Device.ts";
import { count } from "./count.ts";
import { loadPipeline } from "./loadPipeline.ts";

interface ReplayFlags {
  readonly pipeline: string;
  readonly with: readonly string[];
  readonly device: DeviceChoice;
  readonly threads: number;
  readonly verify?: true;
  readonly expect?: string;
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
    .option("--verify", "fail unless the readings are those that the run noted in the log")
    .addOption(
      new Option("--expect <sha256>", "fail unless this is their digest").argParser(sha256Of),
    )
    .option("--json", "print one JSON object as the last line")
    .action(replay);
}

async function replay(file: string, flags: ReplayFlags): Promise<void> {
  const wanted = flags.verify || flags.expect !== undefined ? await wantedOf(file, flags) : null;
  const digest = new ReadingDigest(
    wanted?.readings === undefined ? {} : { markAt: wanted.readings },
  );
  let events = 0;
  await replayLog(await loadPipeline(flags.pipeline), {
    records: readLog(file),
    answerWith: flags.with,
    device: flags.device,
    threads: flags.threads,
    watch(interpretation) {
      interpretation.moments.subscribe({
        next: ({ reading }) => digest.push(reading),
        error: () => undefined, // `replayLog` tells
      });
      interpretation.events.subscribe((spans) => {
        events += spans.filter(({ state }) => state === "final").length;
      });
    },
  });
  const { count: readings, sha256 } = digest;
  const isSame = wanted && (wanted.readings === undefined ? sha256 : digest.mark) === wanted.sha256;
  const verdict = wanted && { verified: isSame, expected: wanted.sha256 };
  const result = { file, readings, events, sha256, ...verdict };
  process.stdout.write(`${JSON.stringify(result, undefined, flags.json ? undefined : 2)}\n`);
  if (isSame !== false) return;
  process.stderr.write(`${file}: expected readings ${wanted?.sha256}, got others\n`);
  process.exitCode = 1;
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
