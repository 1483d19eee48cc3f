import { SystemClock } from "../../src/clock/SystemClock.ts";
import type { StreamDescription } from "../../src/frames/StreamDescription.ts";
import type { SensedFrame, SensorContext, SensorKind } from "../../src/pipeline/Sensor.ts";
import { hertz, type Micros, seconds } from "../../src/units.ts";
import { text as words } from "../wire/support.ts";

/** A stream of `count` numbers, 10 times a second. */
export const numbers = (
  count: number,
  more: Partial<StreamDescription> = {},
): StreamDescription => ({
  ...words,
  stream: "numbers",
  modality: "sensor",
  dtype: "f64",
  shape: [count],
  rate: hertz(10),
  ...more,
});

/** What a sensor is given, on the machine's clock, with everything replayed falling on second 1000. */
export const context = (
  description: StreamDescription,
  more: Partial<SensorContext> = {},
): SensorContext => ({
  description,
  clock: new SystemClock(),
  origin: seconds(1_000),
  from: seconds(1_000),
  signal: AbortSignal.timeout(10_000),
  ...more,
});

/** One frame of doubles: µs since the origin, and its numbers. */
export interface SensedNumbers {
  readonly offset: number;
  readonly originTime: Micros;
  readonly values: readonly number[];
}

/** The first `most` frames of doubles; all where it is not given. `onFrame` is called for each. */
export async function sensedNumbers(
  kind: SensorKind,
  options: Record<string, unknown>,
  told: SensorContext,
  most = Number.POSITIVE_INFINITY,
  onFrame: (frame: SensedFrame) => void = () => {},
): Promise<SensedNumbers[]> {
  const frames: SensedNumbers[] = [];
  for await (const frame of kind.create(options).frames(told)) {
    const { originTime, payload } = frame;
    const copy = Uint8Array.from(payload);
    frames.push({
      originTime,
      offset: originTime - told.origin,
      values: [...new Float64Array(copy.buffer)],
    });
    onFrame(frame);
    if (frames.length >= most) break;
  }
  return frames;
}
