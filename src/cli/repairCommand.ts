import { stat } from "node:fs/promises";
import type { Command } from "commander";

import { LogError } from "../errors.ts";
import { recoverLog } from "../log/recoverLog.ts";
import { counted } from "../units.ts";

/** What `repair` exits with: for scripts that repair all there is and count. */
export const REPAIR_EXIT = { fine: 0, repaired: 1, refused: 3 } as const;

/** Adds `repair`: closes a log that a crash left without its end. */
export function addRepairCommand(program: Command): void {
  program
    .command("repair")
    .description("close a log that a crash left without its end; a closed one is left as it is")
    .argument("<file>", "a log (MCAP), or a folder of its segments")
    .option("--json", "print one JSON object as the last line")
    .addHelpText(
      "after",
      "\nExits with 0 if nothing was wrong, 1 if repaired, 3 if it cannot be: it is empty or no log, was damaged\n" +
        "after it was closed, or somebody writes to it.",
    )
    .action(repair);
}

async function repair(file: string, { json }: { readonly json?: true }): Promise<void> {
  const say = (result: object, text: string): void =>
    void process.stdout.write(`${json ? JSON.stringify({ file, ...result }) : text}\n`);
  try {
    await expectBegun(file);
    const { wasClosed, records, droppedBytes } = await recoverLog(file);
    const state = wasClosed ? "fine" : "repaired";
    const cut = droppedBytes > 0 ? `, ${counted(droppedBytes, "byte")} of a torn end cut off` : "";
    say({ state, records, droppedBytes }, `${file}: ${state}, ${counted(records, "record")}${cut}`);
    process.exitCode = REPAIR_EXIT[state];
  } catch (error) {
    if (!(error instanceof LogError)) throw error;
    process.stderr.write(`${error.message}\n`);
    if (json) say({ state: "refused", problem: error.message }, "");
    process.exitCode = REPAIR_EXIT.refused;
  }
}

/**
 * Refuses an empty file, which nobody can say was ever to be a log; within a folder of segments it is what a crash
 * left of the last one.
 *
 * @throws {LogError} If it is one.
 */
async function expectBegun(file: string): Promise<void> {
  const found = await stat(file).catch(() => undefined); // what is not there is told of by whoever opens it
  if (found?.isFile() && found.size === 0)
    throw new LogError(file, "expected a log, got an empty file: there is nothing to repair in it");
}
