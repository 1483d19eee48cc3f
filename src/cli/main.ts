#!/usr/bin/env node
import { runCommandLine } from "./commandLine.ts";

/**
 * Ends when nobody reads us any more, as in `npm start | head`: what runs on (a recording, its sensors) is closed
 * as by Ctrl-C, anything else is over at once.
 */
function endWithReader(): void {
  let isEnding = false;
  for (const out of [process.stdout, process.stderr])
    out.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") throw error;
      if (isEnding) return;
      isEnding = true;
      if (!process.emit("SIGTERM", "SIGTERM")) process.exit();
    });
}

endWithReader();
await runCommandLine(process.argv.slice(2));
