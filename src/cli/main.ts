#!/usr/bin/env node
import { Command, CommanderError } from "commander";

import { SensoriumError } from "../errors.ts";
import { addDoctorCommand } from "./doctorCommand.ts";
import { addEchoCommand } from "./echoCommand.ts";
import { addEvaluateCommand } from "./evaluateCommand.ts";
import { addExplainCommand } from "./explainCommand.ts";
import { addGenerateCommand } from "./generateCommand.ts";
import { addInfoCommand } from "./infoCommand.ts";
import { addKeysCommand } from "./keysCommand.ts";
import { addRecordCommand } from "./recordCommand.ts";
import { addRepairCommand } from "./repairCommand.ts";
import { addReplayCommand } from "./replayCommand.ts";
import { addRunCommand } from "./runCommand.ts";
import { addSenseCommand } from "./sense.ts";
import { addTopCommand } from "./topCommand.ts";
import { addTopicsCommand } from "./topicsCommand.ts";
import { addTrainCommand } from "./trainCommand.ts";

const program = new Command("sensorium")
  .description(
    "Attach live sensors, localise events across them, and keep answering when one drops out.",
  )
  .showHelpAfterError("(--help says what there is)")
  .exitOverride();
addRunCommand(program);
addRecordCommand(program);
addReplayCommand(program);
addInfoCommand(program);
addRepairCommand(program);
addTopicsCommand(program);
addEchoCommand(program);
addTopCommand(program);
addExplainCommand(program);
addDoctorCommand(program);
addTrainCommand(program);
addEvaluateCommand(program);
addGenerateCommand(program);
addKeysCommand(program);
addSenseCommand(program);

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode;
  else if (error instanceof SensoriumError) {
    // Expected trouble: the message says what and why; a stack would only bury it.
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  } else throw error;
}
