import { ConfigError } from "../errors.ts";
import type { PipelineDefinition } from "../pipeline/definePipeline.ts";
import { loadPipeline, pipelineNames } from "./loadPipeline.ts";

/**
 * The pipeline whose parts are tried on a data set: the one that is asked for, else the first that streams the set.
 *
 * @param set Name of the data set.
 * @param asked Name or folder of a pipeline; undefined where none is asked for.
 * @returns The pipeline, and the names of the package's other ones that could have been asked for.
 * @throws {ConfigError} If there is no such pipeline, or it does not stream the set.
 */
export async function partsPipeline(
  set: string,
  asked: string | undefined,
): Promise<{ readonly definition: PipelineDefinition; readonly others: readonly string[] }> {
  const all = await Promise.all(pipelineNames().map(loadPipeline));
  const fitting = all.filter(({ dataSet }) => dataSet === set);
  const definition = asked === undefined ? fitting[0] : await loadPipeline(asked);
  if (definition === undefined)
    throw new ConfigError(
      "parts",
      `expected a set that a pipeline streams (${all.flatMap(({ dataSet }) => dataSet ?? []).join(", ")}), got ${set}`,
    );
  if (definition.dataSet !== set)
    throw new ConfigError(
      "--pipeline",
      `expected a pipeline that streams ${set} (${fitting.map(({ name }) => name).join(", ")}), got ${definition.name}`,
    );
  const others = fitting.map(({ name }) => name).filter((name) => name !== definition.name);
  return { definition, others };
}
