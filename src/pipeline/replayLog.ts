import { Subject } from "rxjs";

import { ConfigError } from "../errors.ts";
import type { StreamDescription } from "../frames/StreamDescription.ts";
import type { Decision } from "../learn/online/LearnerMessage.ts";
import type { LogRecord } from "../log/LogRecord.ts";
import type { StageModel } from "../stage/Stage.ts";
import type { DeviceChoice } from "../tensor/device/Device.ts";
import { micros } from "../units.ts";
import type { PipelineDefinition } from "./definePipeline.ts";
import { expectNames } from "./expectNames.ts";
import { Interpretation } from "./Interpretation.ts";
import type { InterpretationState } from "./InterpretationState.ts";
import { openLearner, openStage } from "./openStage.ts";
import type { LearnOptions } from "./RunOptions.ts";

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
  /** Learns again what a run learnt, to compare: what is on record serves all the same. */
  readonly relearn?: Relearning;
  /** Called before the first record, to subscribe to what follows from the log. */
  readonly watch: (interpretation: Interpretation) => void;
}

/** How a log is learnt from again. */
export interface Relearning {
  /** As the run had it: other options learn other things. */
  readonly learn: LearnOptions;
  /** Called with what the learner decides, in order. */
  readonly decided: (decision: Decision) => void;
}

/**
 * Makes of a log what a run made of it while it happened: the same framesets, readings and events, with
 * no sensor, no clock and no waiting.
 *
 * @returns Settles when everything has been said.
 * @throws {ModelError} If the weights cannot be read.
 * @throws {DeviceError} If the model cannot be opened, or its worker died too often.
 * @throws {LogError} If the log cannot be read.
 * @throws {ConfigError} If it has other streams than the pipeline, or other ones of the same name, or the pipeline
 *   has no stream of a name in `answerWith`.
 */
export async function replayLog(
  definition: PipelineDefinition,
  { records, answerWith, device, threads, digests = false, relearn, watch }: ReplayOptions,
): Promise<void> {
  expectNames(definition, answerWith);
  const features = relearn !== undefined;
  await using stage = await openStage(definition, { device, threads, features });
  const { records: log, state } =
    typeof records === "function" ? await records(stage.model) : { records };
  await using learner =
    relearn === undefined
      ? null
      : await openLearner(definition, relearn.learn, {
          answerWith,
          ...(state?.learner !== undefined && { state: state.learner }),
        });
  learner?.decisions.subscribe((decision) => relearn?.decided(decision));
  const { truthEvery } = relearn?.learn ?? {};
  const source = new Subject<LogRecord>();
  const interpretation = new Interpretation(definition, {
    records: source,
    stage,
    answerWith,
    stopwatch: () => () => ({ total: micros(0), hops: {} }),
    digests,
    ...(learner !== null && { learner }),
    ...(truthEvery !== undefined && { truthEvery }),
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
    if (handed % BATCH !== 0) continue;
    await Promise.race([stage.drained(AHEAD), failed]);
    await learner?.drained();
  }
  await Promise.race([stage.drained(), failed]);
  await learner?.drained();
  interpretation.finish();
}

/** Streams that the pipeline does not have are guests beside its own; a log of nothing but those is another's. */
function expectStreams(
  { name, streams }: PipelineDefinition,
  recorded: readonly StreamDescription[],
): void {
  const form = ({ dtype, shape }: StreamDescription): string => `${dtype}[${shape}]`;
  const refuse = (wanted: string, got: string): never => {
    throw new ConfigError(
      `pipeline ${name}`,
      `expected a recording of ${wanted}, got ${got}: name the recording's own pipeline, or import it into ` +
        "this one",
    );
  };
  for (const description of recorded) {
    const own = streams[description.stream]?.description;
    if (own !== undefined && form(own) !== form(description))
      refuse(`${own.stream} as ${form(own)}`, form(description));
  }
  if (!recorded.some(({ stream }) => stream in streams))
    refuse(
      Object.keys(streams).join(", "),
      recorded.map((one) => `${one.stream} as ${form(one)}`).join(", "),
    );
}
