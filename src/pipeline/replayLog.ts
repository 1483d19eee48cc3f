import { Subject } from "rxjs";

import type { LogRecord } from "../log/LogRecord.ts";
import type { DeviceChoice } from "../tensor/device/Device.ts";
import { micros } from "../units.ts";
import type { PipelineDefinition } from "./definePipeline.ts";
import { Interpretation } from "./Interpretation.ts";
import { openStage } from "./openStage.ts";

/** Records handed over between two looks at whether the model keeps up. */
const BATCH = 64;

export interface ReplayOptions {
  /** The log: of a file, see `readLog`, or any other sequence of records. */
  readonly records: AsyncIterable<LogRecord> | Iterable<LogRecord>;
  readonly answerWith: readonly string[];
  readonly device: DeviceChoice;
  readonly threads: number;
  /** Called before the first record, to subscribe to what follows from the log. */
  readonly watch: (interpretation: Interpretation) => void;
}

/**
 * Makes of a log what a run made of it while it happened: the same framesets, readings and events, with
 * no sensor, no clock and no waiting.
 *
 * @returns Settles when everything has been said.
 * @throws {ModelError} If the weights cannot be read.
 * @throws {DeviceError} If the model cannot be opened, or its worker died too often.
 * @throws {LogError} If the log cannot be read.
 */
export async function replayLog(
  definition: PipelineDefinition,
  { records, answerWith, device, threads, watch }: ReplayOptions,
): Promise<void> {
  await using stage = await openStage(definition, { device, threads });
  const source = new Subject<LogRecord>();
  const interpretation = new Interpretation(definition, {
    records: source,
    stage,
    answerWith,
    stopwatch: () => () => ({ total: micros(0), hops: {} }),
  });
  const failed = new Promise<never>((_, reject) => {
    interpretation.moments.subscribe({ error: reject });
  });
  // Looked at below, each time something is waited for.
  failed.catch(() => undefined);
  watch(interpretation);
  let handed = 0;
  for await (const record of records) {
    source.next(record);
    handed++;
    if (handed % BATCH === 0) await Promise.race([stage.drained(), failed]);
  }
  await Promise.race([stage.drained(), failed]);
  interpretation.finish();
}
