import { loadSensorKind } from "../pipeline/loadSensorKind.ts";
import type { PipelineRun } from "../pipeline/PipelineRun.ts";
import { sensorKinds } from "../pipeline/sensorKinds.ts";
import { streamFor } from "../pipeline/streamFor.ts";
import type { AttachRequest, LiveFeed, SensorState } from "./LiveFeed.ts";

/**
 * The sensors of a running pipeline, to list, attach and detach through its server.
 *
 * @param run The run; borrowed.
 */
export function feedSensors(
  run: PipelineRun,
): Required<Pick<LiveFeed, "kinds" | "sensors" | "attach" | "detach">> {
  return {
    kinds: () => sensorKinds(run.options.sensors),
    sensors(): SensorState[] {
      const states = new Map(run.streams().map((state) => [state.stream, state]));
      const guests = new Set(run.hotPlug.guests.map(({ stream }) => stream));
      return run.hotPlug.streams.map((description) => {
        const { stream } = description;
        const { state = "starting", problem } = states.get(stream) ?? {};
        const kind = run.hotPlug.kindOf(stream);
        return {
          ...{ description, state, isGuest: guests.has(stream) },
          ...(kind !== undefined && { kind }),
          ...(problem !== undefined && { problem }),
        };
      });
    },
    async attach({ kind, options, stream }: AttachRequest): Promise<string> {
      const loaded =
        kind === undefined ? undefined : await loadSensorKind(kind, run.options.sensors);
      // What the sensor cannot make of its options is told at once, not by a process that dies of it.
      loaded?.create(options);
      const taken = run.hotPlug.streams.map((description) => description.stream);
      const found =
        typeof stream === "string" && taken.includes(stream)
          ? { description: stream, options }
          : await streamFor({
              ...{ options, taken, site: run.definition.site },
              ...(loaded !== undefined && { kind: loaded }),
              ...(stream !== undefined && { stream }),
            });
      await run.hotPlug.attach({
        stream: found.description,
        ...(kind !== undefined && { sensor: { kind, options: found.options } }),
      });
      return typeof found.description === "string" ? found.description : found.description.stream;
    },
    async detach(stream: string): Promise<string> {
      await run.hotPlug.detach(stream);
      return stream;
    },
  };
}
