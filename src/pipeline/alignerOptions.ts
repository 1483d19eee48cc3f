import type { AlignerOptions } from "../align/AlignerOptions.ts";
import { type PipelineDefinition, rolesOf } from "./definePipeline.ts";
import { guestPolicy } from "./guestPolicy.ts";

/** How the rows of a pipeline are formed. */
export function alignerOptions(definition: PipelineDefinition): AlignerOptions {
  const { skew, future, revisionHorizon, longestEmpty } = definition.grid;
  return {
    columns: Object.fromEntries(
      Object.entries(definition.streams).map(([stream, { policy }]) => [stream, policy]),
    ),
    guests: guestPolicy,
    roles: rolesOf(definition),
    skew,
    futureBound: future,
    ...(revisionHorizon !== undefined && { revisionHorizon }),
    ...(longestEmpty !== undefined && { longestEmpty }),
  };
}
