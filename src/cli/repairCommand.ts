import type { Command } from "commander";

import { LogError } from "../errors.ts";
import { recoverLog } from "../log/recoverLog.ts";

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
      "\nExits with 0 if nothing was wrong, 1 if repaired, 3 if it cannot be: it is no log, was damaged after it\n" +
        "was closed, or somebody writes to it.",
    )
    .action(repair);
}

async function repair(file: string, { json }: { readonly json?: true }): Promise<void> {
  const say = (result: object, text: string): void =>
    void process.stdout.write(`${json ? JSON.stringify({ file, ...result }) : text}\n`);
  try {
    const { wasClosed, records, droppedBytes } = await recoverLog(file);
    const state = wasClosed ? "fine" : "repaired";
    const cut = droppedBytes > 0 ? `, ${droppedBytes} bytes of a torn end cut off` : "";
    say({ state, records, droppedBytes }, `${file}: ${state}, ${records} records${cut}`);
    process.exitCode = REPAIR_EXIT[state];
  } catch (error) {
    if (!(error instanceof LogError)) throw error;
    process.stderr.write(`${error.message}\n`);
    if (json) say({ state: "refused", problem: error.message }, "");
    process.exitCode = REPAIR_EXIT.refused;
  }
}
