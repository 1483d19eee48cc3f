import { join } from "node:path";
import type { Command } from "commander";

import { ConfigError } from "../errors.ts";
import { importFromPipeline, loadPipeline } from "./loadPipeline.ts";
import { packageRoot } from "./packageRoot.ts";

interface GenerateFlags {
  readonly out?: string;
}

/** Adds `generate`: makes a pipeline's own recordings, where it has a generator. */
export function addGenerateCommand(program: Command): void {
  program
    .command("generate")
    .description("make a pipeline's own demo recordings")
    .argument("[pipeline]", "folder of pipelines/", "talking-face")
    .option("--out <dir>", "where they go; over the pipeline's own unless given")
    .action(generate);
}

async function generate(name: string, { out }: GenerateFlags): Promise<void> {
  const module = await importFromPipeline(name, "generate/generate");
  const run = module["generate"];
  if (typeof run !== "function")
    throw new ConfigError(
      `pipeline ${name}`,
      "expected generate/generate.ts to export generate, got none",
    );
  const { streams, grid } = await loadPipeline(name);
  await run({
    out: out ?? join(packageRoot(), "pipelines", name, "demo"),
    streams: Object.values(streams).map(({ description }) => description),
    period: grid.period,
    onRecording: (path: string) => process.stdout.write(`${path}\n`),
  });
}
