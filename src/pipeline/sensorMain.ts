/** What a supervised sensor's process runs: `SensorProcess` starts this file with a `SensorRun` as JSON. */
import { ConfigError } from "../errors.ts";
import type { CurveClient } from "../wire/CurveKeys.ts";
import { CURVE_ENV } from "./curveEnv.ts";
import { runSensor, type SensorRun } from "./runSensor.ts";
import type { SensorReport } from "./SensorReport.ts";

/** Exits when the pipeline's process is gone, however it went; it may have gone while we were loading. */
process.on("disconnect", () => process.exit(0));
if (process.connected === false) process.exit(0);

function report(message: SensorReport): Promise<void> {
  return new Promise((resolve) => {
    if (process.send && process.connected) process.send(message, undefined, {}, () => resolve());
    else resolve();
  });
}

try {
  const told = JSON.parse(process.argv[2] ?? "null") as SensorRun;
  const keys = process.env[CURVE_ENV];
  const run = keys === undefined ? told : { ...told, curve: JSON.parse(keys) as CurveClient };
  await runSensor(
    run,
    new AbortController().signal,
    (epoch) => void report({ state: "live", epoch }),
  );
  await report({ state: "ended" });
  process.exit(0);
} catch (error) {
  const reason = error instanceof Error ? error.message : String(error);
  await report({ state: "failed", reason, permanent: error instanceof ConfigError });
  process.exit(1);
}
