import {
  ConfigError,
  hertz,
  Rng,
  type SensedFrame,
  type SensorContext,
  type SensorKind,
  SensorSettings,
  seconds,
} from "../src/sensing.ts";
import { packNumbers } from "./lines/packNumbers.ts";
import { regularRate } from "./streams/regularRate.ts";
import { steadyFrames } from "./streams/steadyFrames.ts";
import { onlyOffer, usualNumbers } from "./streams/usualStreams.ts";

const SIGNALS = ["sine", "noise", "steps", "still"] as const;

/** What is made up. */
interface SyntheticForm {
  readonly signal: (typeof SIGNALS)[number];
  /** Repetitions a second of `sine` and `steps`. */
  readonly frequency: number;
  readonly amplitude: number;
  readonly offset: number;
  readonly seed: number;
  /** µs; infinite where it does not end. */
  readonly length: number;
}

/**
 * Made-up numbers, the same each time: to try a pipeline without a sensor.
 *
 * Options: `signal`: `sine` (each element of a frame a sample of it in time), `noise` (normal), `steps`
 * (amplitude and minus amplitude by turns), `still`; `frequency` in Hz (1); `amplitude` (1) and `offset` (0)
 * in the stream's unit; `seed` (1); `seconds`, when it ends (never). Needs a stream with a rate.
 */
export const synthetic: SensorKind = {
  name: "synthetic",
  summary: "Makes up a sine, noise or steps: to try a pipeline without a sensor.",
  probe: async () => ({ works: true, detail: "needs nothing" }),
  offers: async (options) => onlyOffer(usualNumbers("synthetic", [1], hertz(100)), options),
  create(options) {
    const settings = new SensorSettings("synthetic", options);
    const form: SyntheticForm = {
      signal: settings.choice("signal", SIGNALS, "sine"),
      frequency: settings.number("frequency", 1),
      amplitude: settings.number("amplitude", 1),
      offset: settings.number("offset", 0),
      seed: settings.count("seed", 0, 1),
      length: settings.has("seconds") ? seconds(settings.number("seconds")) : Infinity,
    };
    settings.end();
    return { pace: "replay", frames: (context) => frames(form, context) };
  },
};

async function* frames(form: SyntheticForm, context: SensorContext): AsyncGenerator<SensedFrame> {
  const { shape, stream } = context.description;
  const rate = regularRate(context.description, "synthetic");
  const pack = packNumbers(context.description);
  const count = shape.reduce((product, size) => product * size, 1);
  const frameAt = (_: number, place: number): Uint8Array => {
    const payload = pack(numbersOf(form, place, count, rate));
    if (payload !== undefined) return payload;
    throw new ConfigError(`stream ${stream}`, "expected a signal within the range of its type");
  };
  yield* steadyFrames({ kind: "synthetic", length: form.length, begin: () => frameAt }, context);
}

/** The numbers of frame `i`: as many instants of the signal, evenly over the frame. */
function numbersOf(
  { signal, frequency, amplitude, offset, seed }: SyntheticForm,
  i: number,
  count: number,
  rate: number,
): number[] {
  // A frame's noise is its own, so that a sensor that joins late says what it would have said.
  const rng = signal === "noise" ? Rng.fromSeed(seed).fork(String(i)) : undefined;
  return Array.from({ length: count }, (_, element) => {
    const phase = frequency * ((i + element / count) / rate);
    if (rng !== undefined) return offset + amplitude * rng.normal(0, 1);
    if (signal === "sine") return offset + amplitude * Math.sin(2 * Math.PI * phase);
    if (signal === "steps") return offset + (phase % 1 < 0.5 ? amplitude : -amplitude);
    return offset;
  });
}
