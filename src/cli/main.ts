#!/usr/bin/env node
import { Command, CommanderError } from "commander";

import { SensoriumError } from "../errors.ts";

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

const program = new Command("sensorium")
  .description(
    "Attach live sensors, localise events across them, and keep answering when one drops out.",
  )
  .showHelpAfterError("(--help says what there is)")
  .exitOverride();

// Whoever reads us may have read enough: `sensorium info FILE | head -1`.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit();
  throw error;
});

const [named = ""] = process.argv.slice(2);
const one = COMMANDS[named];
const adding = one === undefined ? Object.values(COMMANDS) : [one];
for (const add of new Set(await Promise.all(adding.map((load) => load())))) add(program);

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode;
  else if (error instanceof SensoriumError || isSystemError(error)) {
    // Expected trouble: the message says what and why; a stack would only bury it.
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  } else throw error;
}

/** Whether it is the operating system's refusal: a path that is no folder, a file that may not be read. */
function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "syscall" in error && "errno" in error;
}
