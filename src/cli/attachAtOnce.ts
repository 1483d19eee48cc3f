import { loadSensorKind } from "../pipeline/loadSensorKind.ts";
import { argumentOf } from "../pipeline/offeredStreams.ts";
import type { PipelineRun } from "../pipeline/PipelineRun.ts";
import type { SensorSpec } from "../pipeline/parseSensorSpec.ts";
import { feedSensors } from "../server/feedSensors.ts";

/**
 * Attaches the sensors that a person named for a run, as `sensorium attach` would: each to the stream that it
 * names, or to a new one.
 *
 * @param run One that has not begun; where a sensor names one of its streams, nothing else may feed it.
 * @throws {ConfigError} If a kind is unknown, needs more to be told, or its stream is fed already.
 * @throws {SensorError} If a file that a sensor would read cannot be looked into.
 */
export async function attachAtOnce(run: PipelineRun, specs: readonly SensorSpec[]): Promise<void> {
  for (const spec of specs) {
    const { kind, argument, options, stream, shape, rate, dtype, unit } = spec;
    const { argument: name } = await loadSensorKind(kind, run.options.sensors);
    const said = Object.fromEntries(
      Object.entries({ stream, shape, rate, dtype, unit }).filter(
        ([, value]) => value !== undefined,
      ),
    );
    const isOwn = stream !== undefined && stream in run.definition.streams;
    await feedSensors(run).attach({
      kind,
      options: {
        ...options,
        ...(argument !== undefined && { [argumentOf(spec, name)]: argument }),
      },
      ...(isOwn ? { stream } : Object.keys(said).length > 0 && { stream: said }),
    });
  }
}
