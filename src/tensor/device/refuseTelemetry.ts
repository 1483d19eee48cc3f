/** ONNX Runtime asks for it as its environment is made: with the first session of a process. */
const SWITCH = "ORT_DISABLE_TELEMETRY";

/**
 * Keeps ONNX Runtime (1.29 and later) from recording what a process does with it, for upload to its maker, and
 * from leaving a `mat-debug-PID.log` in the temporary folder. Whoever has set the variable has decided.
 *
 * To be called on the main thread before the first session, also where that is opened by a worker: what a worker
 * sets of its environment native code does not see.
 */
export function refuseTelemetry(): void {
  process.env[SWITCH] ??= "1";
}
