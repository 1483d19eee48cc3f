import type { Command } from "commander";

import { mergeLogs } from "../log/mergeLogs.ts";
import { writeLog } from "../log/writeLog.ts";
import { counted } from "../units.ts";
import { interruption } from "./interruption.ts";

/** Adds `merge`: several recordings of one site as one. */
export function addMergeCommand(program: Command): void {
  program
    .command("merge")
    .description("merge recordings of one site: takes in turn, or more streams of the same time")
    .argument("<out>", "where the merged recording goes; must not exist")
    .argument(
      "<files...>",
      "two logs (MCAP) or more, or folders of their segments; stay as they are",
    )
    .option("--json", "print one JSON object as the last line")
    .action(async (out: string, files: readonly string[], { json }: { readonly json?: true }) => {
      const { signal } = interruption();
      const { records: all, metadata } = await mergeLogs(files);
      const records = await writeLog(out, all, { metadata, signal });
      const said = json
        ? JSON.stringify({ file: out, records })
        : `${out}: ${counted(records, "record")}`;
      process.stdout.write(`${said}\n`);
    });
}
