import { ConfigError } from "../errors.ts";
import type { PipelineDefinition } from "./definePipeline.ts";

/** @throws {ConfigError} If a name is none of the pipeline's streams. */
export function expectNames(
  { name, streams }: Pick<PipelineDefinition, "name" | "streams">,
  wanted: readonly string[],
): void {
  const names = Object.keys(streams);
  for (const stream of wanted)
    if (!names.includes(stream))
      throw new ConfigError(
        `pipeline ${name}`,
        `expected one of its streams ${names.join(", ")}, got ${stream}`,
      );
}
