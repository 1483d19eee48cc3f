import { type Command, Option } from "commander";

import { cutLog } from "../log/cutLog.ts";
import { fileMetadata } from "../log/fileMetadata.ts";
import { readLog } from "../log/readLog.ts";
import { writeLog } from "../log/writeLog.ts";
import { DIGEST_NOTES, digestNotes, ReadingDigest } from "../pipeline/ReadingDigest.ts";
import { replayLog } from "../pipeline/replayLog.ts";
import { counted } from "../units.ts";
import { interruption } from "./interruption.ts";
import { loadPipeline } from "./loadPipeline.ts";
import { partIn, type TimeIn, timeIn } from "./timeIn.ts";

interface CutFlags {
  readonly from?: TimeIn;
  readonly to?: TimeIn;
  readonly streams?: readonly string[];
  readonly digest?: true;
  readonly pipeline?: string;
  readonly json?: true;
}

/** Adds `cut`: a part of a recording as a recording of its own. */
export function addCutCommand(program: Command): void {
  program
    .command("cut")
    .description("cut a part out of a recording, as a recording of its own")
    .argument("<file>", "a log (MCAP), or a folder of its segments; stays as it is")
    .argument("<out>", "where the part goes; must not exist")
    .addOption(new Option("--from <time>", "from here on: 12.3s, or a date").argParser(timeIn))
    .addOption(new Option("--to <time>", "up to here").argParser(timeIn))
    .addOption(
      new Option("--streams <names>", "only these: audio,video").argParser((text) =>
        text.split(","),
      ),
    )
    .option("--digest", "note what its readings come to, for replay --verify")
    .option("--pipeline <name>", "whose model --digest uses; the recording's own unless given")
    .option("--json", "print one JSON object as the last line")
    .action(cut);
}

async function cut(file: string, out: string, flags: CutFlags): Promise<void> {
  const { from, to, streams, digest, json } = flags;
  const { signal } = interruption();
  const part = {
    ...(await partIn(file, { from, to })),
    ...(streams !== undefined && { streams }),
  };
  const { metadata: all } = await fileMetadata(file);
  const metadata = withoutNotes(all);
  let records = await writeLog(out, cutLog(file, part), { metadata, signal });
  let readings: number | undefined;
  if (digest) {
    const noted = await digestOf(out, flags.pipeline ?? metadata["pipeline"] ?? "talking-face");
    readings = noted.count;
    records = await writeLog(out, readLog(out), {
      metadata: { ...metadata, ...digestNotes(noted) },
      existing: "replace",
      signal,
    });
  }
  const said = { file: out, records, ...(readings !== undefined && { readings }) };
  const told = readings === undefined ? "" : `, ${counted(readings, "reading")} noted`;
  process.stdout.write(
    `${json ? JSON.stringify(said) : `${out}: ${counted(records, "record")}${told}`}\n`,
  );
}

/** What holds for a part of a recording, too. */
function withoutNotes(
  metadata: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const gone: readonly string[] = [...Object.values(DIGEST_NOTES), "from", "restated", "continues"];
  return Object.fromEntries(Object.entries(metadata).filter(([name]) => !gone.includes(name)));
}

async function digestOf(log: string, pipeline: string) {
  const digest = new ReadingDigest();
  await replayLog(await loadPipeline(pipeline), {
    records: readLog(log),
    answerWith: [],
    device: "cpu",
    threads: 1,
    watch: (interpretation) =>
      interpretation.moments.subscribe({
        next: ({ reading }) => digest.push(reading),
        error: () => undefined, // `replayLog` tells
      }),
  });
  return digest.state;
}
