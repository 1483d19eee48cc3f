import { Subject } from "rxjs";
import { ConfigError } from "../errors.ts";
import type { StreamDescription } from "../frames/StreamDescription.ts";
import type { LogRecord } from "../log/LogRecord.ts";
import type { StageModel } from "../stage/Stage.ts";
import type { DeviceChoice } from "../tensor/device/Device.ts";
import { micros } from "../units.ts";
import type { PipelineDefinition } from "./definePipeline.ts";
import { Interpretation } from "./Interpretation.ts";
import type { InterpretationState } from "./InterpretationState.ts";
import { openStage } from "./openStage.ts";

/** Records handed over between two looks at whether the model keeps up. */
const BATCH = 16;
/** Rows that may wait for it meanwhile: enough that it never waits for us. */
const AHEAD = 64;

/** What is replayed: of a file, see `readLog`, or any other sequence of records. */
type Records = AsyncIterable<LogRecord> | Iterable<LogRecord>;

/** Records, and what followed from those before them. */
export interface ReplaySource {
  readonly records: Records;
  readonly state?: InterpretationState;
}

export interface ReplayOptions {
  /** The log; or what gives it once the model is known that shall interpret it. */
  readonly records: Records | ((model: StageModel) => Promise<ReplaySource>);
  readonly answerWith: readonly string[];
  readonly device: DeviceChoice;
  readonly threads: number;
  /** Takes a digest of all readings. */
  readonly digests?: boolean;
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
 * @throws {ConfigError} If it has other streams than the pipeline, or other ones of the same name.
 */
export async function replayLog(
  definition: PipelineDefinition,
  { records, answerWith, device, threads, digests = false, watch }: ReplayOptions,
): Promise<void> {
  await using stage = await openStage(definition, { device, threads });
  const { records: log, state } =
    typeof records === "function" ? await records(stage.model) : { records };
  const source = new Subject<LogRecord>();
  const interpretation = new Interpretation(definition, {
    records: source,
    stage,
    answerWith,
    stopwatch: () => () => ({ total: micros(0), hops: {} }),
    digests,
    ...(state !== undefined && { state }),
  });
  const failed = new Promise<never>((_, reject) => {
    interpretation.moments.subscribe({ error: reject });
  });
  // Looked at below, each time something is waited for.
  failed.catch(() => undefined);
  watch(interpretation);
  let handed = 0;
  for await (const record of log) {
    if (record.kind === "CONFIG") expectStreams(definition, record.streams);
    source.next(record);
    handed++;
    if (handed % BATCH === 0) await Promise.race([stage.drained(AHEAD), failed]);
  }
  await Promise.race([stage.drained(), failed]);
  interpretation.finish();
}

function expectStreams(
  { name, streams }: PipelineDefinition,
  recorded: readonly StreamDescription[],
): void {
  const form = ({ dtype, shape }: StreamDescription): string => `${dtype}[${shape}]`;
  for (const description of recorded) {
    const own = streams[description.stream]?.description;
    if (own !== undefined && form(own) === form(description)) continue;
    const wanted =
      own === undefined ? Object.keys(streams).join(", ") : `${own.stream} as ${form(own)}`;
    throw new ConfigError(
      `pipeline ${name}`,
      `expected a recording of ${wanted}, got ${description.stream} as ${form(description)}: name the ` +
        "recording's own pipeline, or import it into this one",
    );
  }
}
