import { spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { text } from "node:stream/consumers";
import { fileURLToPath, pathToFileURL } from "node:url";

/** The demo recording that comes with the project. */
export const DEMO = fileURLToPath(
  new URL("../../pipelines/talking-face/demo/recording.mcap", import.meta.url),
);

const MAIN = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
const LOADER = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;

/** What a command said, and how it ended. */
export interface CommandResult {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs `sensorium` with these arguments in a process of its own, as a person would. */
export function runCommandLine(...args: readonly string[]): Promise<CommandResult> {
  return runCommandLineIn(process.cwd(), ...args);
}

/** The same in another folder. */
export async function runCommandLineIn(
  cwd: string,
  ...args: readonly string[]
): Promise<CommandResult> {
  const child = spawn(process.execPath, ["--import", LOADER, MAIN, ...args], {
    cwd,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, NO_COLOR: "1" },
  });
  const [out, err, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "exit"),
  ]);
  return { code: Number(code ?? 128), out, err };
}
