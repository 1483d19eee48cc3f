import { join } from "node:path";
import type { Command } from "commander";

import { kindsIn, loadSensorKind } from "../pipeline/loadSensorKind.ts";
import type { SensorDevice } from "../pipeline/Sensor.ts";
import { codeRoot } from "./packageRoot.ts";
import { textTable } from "./textTable.ts";

/** Adds `devices`: what this machine could sense with, and how to say so. */
export function addDevicesCommand(program: Command): void {
  program
    .command("devices")
    .description("list this machine's microphones, cameras, screens and serial lines")
    .option("--json", "print one JSON object as the last line")
    .addHelpText(
      "after",
      "\nThe options are what --options of attach and sense takes; doctor says what else sensors need.",
    )
    .action(async ({ json }: { readonly json?: true }) => {
      const devices = await found();
      process.stdout.write(json ? `${JSON.stringify({ devices })}\n` : textOf(devices));
    });
}

interface Found extends SensorDevice {
  readonly kind: string;
}

async function found(): Promise<readonly Found[]> {
  const folder = join(codeRoot(), "sensors");
  const all: Found[] = [];
  for (const kind of kindsIn(folder)) {
    const devices = (await (await loadSensorKind(kind, folder)).devices?.()) ?? [];
    all.push(...devices.map((device) => ({ kind, ...device })));
  }
  return all;
}

function textOf(devices: readonly Found[]): string {
  if (devices.length === 0)
    return "no microphone, camera, screen or serial line here; sensorium doctor says what sensors need\n";
  const columns = ["sensor", "device", "options"].map((title) => ({ title }));
  const rows = devices.map(({ kind, name, options }) => [kind, name, JSON.stringify(options)]);
  return `${textTable(columns, rows).join("\n")}\n`;
}
