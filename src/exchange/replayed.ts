import type { EventSpan } from "../frames/EventSpan.ts";
import type { Reading } from "../frames/Reading.ts";
import { readLog } from "../log/readLog.ts";
import type { PipelineDefinition } from "../pipeline/definePipeline.ts";
import { replayLog } from "../pipeline/replayLog.ts";
import type { StageModel } from "../stage/Stage.ts";

/**
 * What follows from a recording: all readings, or all events in their final form.
 *
 * @param log A file or a folder of segments.
 * @param onModel Told which model it is, before the first of them.
 * @throws {ModelError} While reading, if the model cannot be read; others as `replayLog`.
 */
export async function* replayed<What extends "readings" | "events">(
  definition: PipelineDefinition,
  log: string,
  what: What,
  onModel: (model: StageModel) => void = () => undefined,
): AsyncGenerator<What extends "readings" ? Reading : EventSpan, void, undefined> {
  type Item = What extends "readings" ? Reading : EventSpan;
  const waiting: Item[] = [];
  let wake: () => void = () => undefined;
  let isOver = false;
  const tell = (item: unknown): void => {
    waiting.push(item as Item);
    wake();
  };
  const done = replayLog(definition, {
    ...{ answerWith: [], device: "cpu", threads: 1 },
    async records(model) {
      onModel(model);
      return { records: readLog(log) };
    },
    watch(interpretation) {
      if (what === "events")
        interpretation.events.subscribe((spans) => {
          for (const span of spans) if (span.state === "final") tell(span);
        });
      else
        interpretation.moments.subscribe({
          next: ({ answer }) => tell(answer),
          error: () => undefined, // `replayLog` tells
        });
    },
  }).finally(() => {
    isOver = true;
    wake();
  });
  // Looked at below, once all that came before has been given.
  done.catch(() => undefined);
  for (;;) {
    yield* waiting.splice(0);
    if (isOver && waiting.length === 0) break;
    await new Promise<void>((resolve) => {
      wake = resolve;
      if (isOver || waiting.length > 0) resolve();
    });
  }
  await done;
}
