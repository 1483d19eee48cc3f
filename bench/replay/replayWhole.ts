import definition from "../../pipelines/talking-face/pipeline.ts";
import { logInfo } from "../../src/log/logInfo.ts";
import { readLog } from "../../src/log/readLog.ts";
import type { Interpretation } from "../../src/pipeline/Interpretation.ts";
import { replayLog } from "../../src/pipeline/replayLog.ts";
import { micros, toSeconds } from "../../src/units.ts";

/** What replaying a recording again and again came to. */
export interface ReplayReport {
  /** Of each time: how many times faster than it was recorded, without opening the model. */
  readonly speeds: readonly number[];
  /** Different digests of readings and events. */
  readonly outcomes: number;
}

/** Replays a recording of talking-face from the disk through all that follows from it: model and events. */
export async function replayWhole(recording: string, rounds: number): Promise<ReplayReport> {
  const { from = micros(0), to = from } = await logInfo(recording);
  const length = toSeconds(micros(to - from));
  const speeds: number[] = [];
  const outcomes = new Set<string>();
  for (let round = 0; round < rounds; round++) {
    let began = 0;
    let opened: Interpretation | undefined;
    const events: string[] = [];
    await replayLog(definition, {
      records: readLog(recording),
      answerWith: [],
      device: "cpu",
      threads: 1,
      digests: true,
      watch(interpretation) {
        opened = interpretation;
        interpretation.events.subscribe((spans) => {
          events.push(JSON.stringify(spans));
        });
        began = performance.now();
      },
    });
    speeds.push((length * 1_000) / (performance.now() - began));
    outcomes.add(`${opened?.digest?.sha256} ${events.join()}`);
  }
  return { speeds, outcomes: outcomes.size };
}
