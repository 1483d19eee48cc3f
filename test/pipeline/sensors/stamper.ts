import { SystemClock } from "../../../src/clock/SystemClock.ts";
import {
  micros,
  millis,
  type SensedFrame,
  type SensorContext,
  type SensorKind,
} from "../../../src/sensing.ts";

/** Live frames of 8 bytes, one each 10 ms, stamped by the sensor's clock; each holds the true time, as f64. */
export const stamper: SensorKind = {
  name: "stamper",
  summary: "Says what time it really is.",
  probe: async () => ({ works: true, detail: "always" }),
  create: () => ({
    pace: "live",
    async *frames({ clock, signal }: SensorContext): AsyncGenerator<SensedFrame> {
      const truth = new SystemClock();
      for (;;) {
        const originTime = clock.now();
        yield { originTime, payload: new Uint8Array(Float64Array.of(truth.now()).buffer) };
        await truth.until(micros(truth.now() + millis(10)), signal);
      }
    },
  }),
};
