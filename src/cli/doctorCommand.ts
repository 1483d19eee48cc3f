import type { Command } from "commander";
import colors from "picocolors";

import { examine, type Finding } from "./examine.ts";

/** Adds `doctor`: what is installed, what computes, which sensors would work, each with its fix. */
export function addDoctorCommand(program: Command): void {
  program
    .command("doctor")
    .description("say what is installed, what computes and which sensors would work here")
    .option("--json", "print one JSON object as the last line")
    .action(async ({ json }: { readonly json?: true }) => {
      const findings: Finding[] = [];
      for await (const finding of examine()) {
        findings.push(finding);
        if (json !== true) process.stdout.write(lineOf(finding));
      }
      if (json === true) process.stdout.write(`${JSON.stringify({ findings })}\n`);
      if (findings.some(({ state }) => state === "broken")) process.exitCode = 1;
    });
}

const MARKS = {
  works: colors.green("✓"),
  absent: colors.yellow("–"),
  broken: colors.red("✗"),
} as const;

function lineOf({ what, state, detail, fix }: Finding): string {
  const line = `${MARKS[state]} ${what.padEnd(24)} ${detail}\n`;
  return fix === undefined ? line : `${line}  ${"".padEnd(24)} ${colors.dim(fix)}\n`;
}
