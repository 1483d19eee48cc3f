import { ReplaySubject } from "rxjs";

import { DrivenClock } from "../clock/DrivenClock.ts";
import { SystemClock } from "../clock/SystemClock.ts";
import { ConfigError, type LogError } from "../errors.ts";
import { begunFile } from "../log/begunFile.ts";
import { fileMetadata } from "../log/fileMetadata.ts";
import { LogWriter } from "../log/LogWriter.ts";
import { ClockProber } from "../wire/ClockProber.ts";
import { ControlServer } from "../wire/ControlServer.ts";
import { CurveGuard } from "../wire/CurveGuard.ts";
import { Inlet } from "../wire/Inlet.ts";
import type { PipelineDefinition } from "./definePipeline.ts";
import { DRIVEN_START } from "./drivenStart.ts";
import { expectNames } from "./expectNames.ts";
import { openLearner, openStage } from "./openStage.ts";
import { PipelineRun } from "./PipelineRun.ts";
import type { RunOptions } from "./RunOptions.ts";
import { readPast } from "./readPast.ts";
import { changedRules, ROW_RULES, rowRules } from "./rowRules.ts";

/**
 * Opens everything a run needs: the model, the sockets, the log.
 *
 * @returns A run that waits for `go`.
 * @throws {ModelError} If the weights cannot be read.
 * @throws {DeviceError} If the model cannot be opened on the device.
 * @throws {ConfigError} If an option contradicts the pipeline.
 */
export async function startPipeline(
  definition: PipelineDefinition,
  options: RunOptions,
): Promise<PipelineRun> {
  expectNames(definition, [...options.without, ...options.answerWith]);

  const driven = options.pace === "driven";
  const clock = driven ? new DrivenClock(DRIVEN_START) : new SystemClock();
  const secured = options.insecure === undefined ? {} : { insecure: options.insecure };
  const opened: AsyncDisposable[] = [];
  const own = <T extends AsyncDisposable>(resource: T): T => {
    opened.unshift(resource);
    return resource;
  };
  try {
    const { learn } = options;
    const stage = own(await openStage(definition, { ...options, features: learn !== undefined }));
    const guard = options.curve && own(await CurveGuard.open(options.curve));
    const guarded = guard === undefined ? {} : { guard };
    const inlet = own(
      await Inlet.open({
        streams: Object.values(definition.streams).map(({ description }) => description),
        clock,
        ...secured,
        ...guarded,
        ...(options.bind !== undefined && { bind: options.bind }),
        ...(options.subscribe !== undefined && { connect: options.subscribe }),
      }),
    );
    // Its first sensor may say hello as soon as the server is open.
    let prober: ClockProber | undefined;
    const control = own(
      await ControlServer.open({
        clock,
        clockKind: driven ? "driven" : "system",
        streams: Object.values(definition.streams).map(({ description }) => description),
        beforeWelcome: async (hello) => prober?.greet(hello),
        ...secured,
        ...guarded,
        ...(options.control !== undefined && { bind: options.control }),
      }),
    );
    if (!driven) prober = own(new ClockProber({ server: control, clock }));
    const logFailures = new ReplaySubject<LogError>(1);
    const { record, recording: { segments, keep, openFile, resume } = {} } = options;
    if (record !== undefined && resume !== undefined) await checkPast(definition, record);
    const log =
      record === undefined
        ? undefined
        : own(
            await LogWriter.open(record, {
              clock,
              onFailure: (error) => logFailures.next(error),
              metadata: {
                pipeline: definition.name,
                feed: options.feed.name,
                [ROW_RULES]: rowRules(definition),
              },
              existing: resume === undefined ? "refuse" : "append",
              ...(segments !== undefined && { segments }),
              ...(keep !== undefined && { keep }),
              ...(openFile !== undefined && { openFile }),
            }),
          );
    const past =
      record === undefined || resume === undefined
        ? undefined
        : await readPast(record, { ...resume, model: stage.model.version });
    const learner =
      learn &&
      own(
        await openLearner(definition, learn, {
          answerWith: options.answerWith,
          ...(past?.state?.learner !== undefined && { state: past.state.learner }),
        }),
      );
    return new PipelineRun({
      definition,
      options,
      clock,
      stage,
      learner,
      inlet,
      control,
      prober,
      guard,
      log,
      logFailures,
      past,
    });
  } catch (cause) {
    for (const resource of opened) await resource[Symbol.asyncDispose]();
    throw cause;
  }
}

/** @throws {ConfigError} If the log is another pipeline's, or its rows were formed by other rules. */
async function checkPast(definition: PipelineDefinition, log: string): Promise<void> {
  const begun = await begunFile(log);
  if (begun === undefined) return;
  const { name } = definition;
  const { pipeline = name, [ROW_RULES]: rules } = (await fileMetadata(begun)).metadata;
  if (pipeline !== name)
    throw new ConfigError(log, `expected a log of pipeline ${name}, got one of ${pipeline}`);
  const changed = changedRules(rules, definition);
  if (changed.length > 0)
    throw new ConfigError(
      log,
      `expected a log of the pipeline as it is now, got one from before its ${changed.join(" and ")} changed: ` +
        "record into another file, or replay this one to see what it says now",
    );
}
