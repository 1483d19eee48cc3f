import { createHash } from "node:crypto";

import { Aligner } from "../../src/align/Aligner.ts";
import { readLog } from "../../src/log/readLog.ts";
import type { PipelineDefinition } from "../../src/pipeline/definePipeline.ts";

/** A digest of each row that a pipeline makes of a log, payloads included, in order. */
export async function rowDigests(
  { streams, grid }: PipelineDefinition,
  log: string,
): Promise<string[]> {
  const aligner = new Aligner({
    columns: Object.fromEntries(
      Object.entries(streams).map(([name, { policy }]) => [name, policy]),
    ),
    skew: grid.skew,
    futureBound: grid.future,
  });
  const digests: string[] = [];
  for await (const record of readLog(log))
    for (const { id, cells } of aligner.push(record)) {
      const hash = createHash("sha256").update(id);
      for (const [name, cell] of Object.entries(cells)) {
        if (cell.presence === "missing") {
          hash.update(JSON.stringify([name, cell]));
          continue;
        }
        const { payload, ...rest } = cell;
        hash.update(JSON.stringify([name, rest])).update(payload);
      }
      digests.push(hash.digest("hex"));
    }
  return digests;
}
