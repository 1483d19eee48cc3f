import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Command, CommanderError, Help, type Option } from "commander";

import { ConfigError, SensoriumError } from "../errors.ts";
import { systemProblem } from "../log/systemProblem.ts";
import { closest } from "./closest.ts";
import { isPipeline, pipelineNames } from "./loadPipeline.ts";
import { packageRoot } from "./packageRoot.ts";

/** How a command adds itself to the program. */
type Add = (program: Command) => void;

/** Every command, in the order of the help; each is loaded only when it is the one. */
const COMMANDS: Readonly<Record<string, () => Promise<Add>>> = {
  init: async () => (await import("./initCommand.ts")).addInitCommand,
  run: async () => (await import("./runCommand.ts")).addRunCommand,
  record: async () => (await import("./recordCommand.ts")).addRecordCommand,
  replay: async () => (await import("./replayCommand.ts")).addReplayCommand,
  cut: async () => (await import("./cutCommand.ts")).addCutCommand,
  merge: async () => (await import("./mergeCommand.ts")).addMergeCommand,
  label: async () => (await import("./labelCommand.ts")).addLabelCommand,
  import: async () => (await import("./importCommand.ts")).addImportCommand,
  info: async () => (await import("./infoCommand.ts")).addInfoCommand,
  repair: async () => (await import("./repairCommand.ts")).addRepairCommand,
  topics: async () => (await import("./topicsCommand.ts")).addTopicsCommand,
  echo: async () => (await import("./echoCommand.ts")).addEchoCommand,
  top: async () => (await import("./topCommand.ts")).addTopCommand,
  explain: async () => (await import("./explainCommand.ts")).addExplainCommand,
  attach: async () => (await import("./attachCommand.ts")).addAttachCommands,
  detach: async () => (await import("./attachCommand.ts")).addAttachCommands,
  sensors: async () => (await import("./attachCommand.ts")).addAttachCommands,
  models: async () => (await import("./modelsCommand.ts")).addModelsCommand,
  devices: async () => (await import("./devicesCommand.ts")).addDevicesCommand,
  doctor: async () => (await import("./doctorCommand.ts")).addDoctorCommand,
  train: async () => (await import("./trainCommand.ts")).addTrainCommand,
  export: async () => (await import("./exportCommand.ts")).addExportCommand,
  tune: async () => (await import("./tuneCommand.ts")).addTuneCommand,
  evaluate: async () => (await import("./evaluateCommand.ts")).addEvaluateCommand,
  generate: async () => (await import("./generateCommand.ts")).addGenerateCommand,
  keys: async () => (await import("./keysCommand.ts")).addKeysCommand,
  sense: async () => (await import("./sense.ts")).addSenseCommand,
};

/** What a shell makes of a command that Ctrl-C ended. */
const STOPPED = 130;

/**
 * Does what a command line says: `sensorium` with these arguments.
 *
 * What goes wrong as expected is told in one line on stderr, and by `process.exitCode`.
 *
 * @throws Whatever is nobody's mistake but ours.
 */
export async function runCommandLine(args: readonly string[]): Promise<void> {
  const program = new Command("sensorium")
    .description(
      "Attach live sensors, localise events across them, and keep answering when one drops out.",
    )
    .version(version(), "-V, --version", "say which version this is")
    .configureOutput({ outputError: tellInOneLine })
    .configureHelp({ optionDescription })
    .exitOverride();
  const [named = ""] = args;
  const one = Object.hasOwn(COMMANDS, named) ? COMMANDS[named] : undefined;
  const all = ["-V", "--version"].includes(named) ? [] : Object.values(COMMANDS);
  const adding = one === undefined ? all : [one];
  for (const add of new Set(await Promise.all(adding.map((load) => load())))) add(program);
  try {
    if (one === undefined) expectKnown(args);
    await program.parseAsync(args, { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) process.exitCode = error.exitCode;
    else if (error instanceof SensoriumError || isSystemError(error)) {
      // Expected trouble: the message says what and why; a stack would only bury it.
      process.stderr.write(`${error instanceof SensoriumError ? error.message : refusal(error)}\n`);
      process.exitCode = 1;
    } else if (error instanceof DOMException && error.name === "AbortError") {
      process.stderr.write("stopped\n");
      process.exitCode = STOPPED;
    } else throw error;
  }
}

/** What an option does; that it may be given many times and is not unless it is goes without saying. */
function optionDescription(this: Help, option: Option): string {
  const isNone = Array.isArray(option.defaultValue) && option.defaultValue.length === 0;
  return isNone ? option.description : Help.prototype.optionDescription.call(this, option);
}

/** Says what commander says of a command line, and where to look, in one line. */
function tellInOneLine(text: string, write: (text: string) => void): void {
  write(`${text.trim().replace(/\s*\n\s*/g, " ")} (--help says what there is)\n`);
}

/** What is no command is taken for a pipeline that is to run: most likely it is a slip. */
function expectKnown([named = "", about]: readonly string[]): void {
  if (named === "help" && about !== undefined && !Object.hasOwn(COMMANDS, about))
    throw new ConfigError("help", `expected a command, got ${about}`);
  if (named === "" || named === "help" || named.startsWith("-") || isPipeline(named)) return;
  const meant = closest(named, [...Object.keys(COMMANDS), ...pipelineNames()]);
  if (meant !== undefined)
    throw new ConfigError(
      "sensorium",
      `expected a command or a pipeline, got ${named}: is ${meant} meant?`,
    );
}

function version(): string {
  const file = readFileSync(join(packageRoot(), "package.json"), "utf8");
  return (JSON.parse(file) as { readonly version: string }).version;
}

/** What the operating system refused, as our own errors say it. */
function refusal(error: NodeJS.ErrnoException): string {
  if (error.path === undefined) return error.message;
  return `${error.path}: expected a file or folder to open, got ${systemProblem(error)}`;
}

/** Whether it is the operating system's refusal: a path that is no folder, a file that may not be read. */
function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "syscall" in error && "errno" in error;
}
