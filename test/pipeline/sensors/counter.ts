import {
  ConfigError,
  micros,
  type SensedFrame,
  type SensorContext,
  SensorError,
  type SensorKind,
} from "../../../src/sensing.ts";

/** A replay of `count` frames of 4 × i16, 10 ms apart, each full of its index; for tests. */
export const counter: SensorKind = {
  name: "counter",
  summary: "Counts.",
  probe: async () => ({ works: true, detail: "always" }),
  create({ count = Number.POSITIVE_INFINITY, misuse = false, dieAt = -1 }) {
    if (misuse) throw new ConfigError("counter", "expected no misuse, got some");
    return {
      pace: "replay",
      async *frames({ origin, from }: SensorContext): AsyncGenerator<SensedFrame> {
        const first = Math.max(0, Math.ceil((from - origin) / 10_000));
        for (let index = first; index < Number(count); index++) {
          if (index === dieAt)
            throw new SensorError("counter", "expected to live, got told to die");
          const payload = new Uint8Array(Int16Array.of(index, index, index, index).buffer);
          yield { originTime: micros(origin + index * 10_000), payload };
        }
      },
    };
  },
};
