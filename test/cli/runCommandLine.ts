import { spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { text } from "node:stream/consumers";
import { fileURLToPath, pathToFileURL } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { vi } from "vitest";

import * as program from "../../src/cli/commandLine.ts";

/** The demo recording that comes with the project. */
export const DEMO = fileURLToPath(
  new URL("../../pipelines/talking-face/demo/recording.mcap", import.meta.url),
);

const MAIN = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
const LOADER = pathToFileURL(createRequire(import.meta.url).resolve("tsx/esm")).href;

/** What `node` is told to run `sensorium` with these arguments. */
export function processArguments(...args: readonly string[]): string[] {
  return ["--import", LOADER, MAIN, ...args];
}

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
  const child = spawn(process.execPath, processArguments(...args), {
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

/** The commands that this process is doing, one at a time: they share its output. */
let doing: Promise<unknown> = Promise.resolve();

/** Does the same within this process: where it is not the point that a command has one of its own. */
export function runHere(...args: readonly string[]): Promise<CommandResult> {
  const result = doing.then(() => runAlone(args));
  doing = result.catch(() => undefined);
  return result;
}

const SIGNALS = ["SIGINT", "SIGTERM"] as const;

async function runAlone(args: readonly string[]): Promise<CommandResult> {
  const said = { out: "", err: "" };
  const take = (to: keyof typeof said) => (text: string | Uint8Array) => {
    said[to] += stripVTControlCharacters(Buffer.from(text).toString());
    return true;
  };
  const spies = [
    vi.spyOn(process.stdout, "write").mockImplementation(take("out")),
    vi.spyOn(process.stderr, "write").mockImplementation(take("err")),
  ];
  const { exitCode } = process;
  const heard = SIGNALS.map((signal) => process.listeners(signal));
  process.exitCode = undefined;
  try {
    await program.runCommandLine(args);
    return { code: Number(process.exitCode ?? 0), ...said };
  } finally {
    for (const spy of spies) spy.mockRestore();
    process.exitCode = exitCode;
    for (const [index, signal] of SIGNALS.entries())
      for (const listener of process.listeners(signal))
        if (!heard[index]?.includes(listener)) process.off(signal, listener);
  }
}
