import type { AlignerOptions } from "../align/AlignerOptions.ts";
import { type PipelineDefinition, rolesOf } from "./definePipeline.ts";
import { guestPolicy } from "./guestPolicy.ts";

/** How the rows of a pipeline are formed. */
export function alignerOptions(definition: PipelineDefinition): AlignerOptions {
  const { period, skew, future, revisionHorizon, longestEmpty } = definition.grid;
  return {
    columns: Object.fromEntries(
      Object.entries(definition.streams).map(([stream, { policy }]) => [stream, policy]),
    ),
    guests: (description) => guestPolicy(description, period),
    roles: rolesOf(definition),
    skew,
    futureBound: future,
    ...(revisionHorizon !== undefined && { revisionHorizon }),
    ...(longestEmpty !== undefined && { longestEmpty }),
  };
}
