import fc from "fast-check";

import type { Chunk } from "../../src/frames/Chunk.ts";
import { DTYPE_BYTES, type DType } from "../../src/frames/DType.ts";
import type { StreamDescription } from "../../src/frames/StreamDescription.ts";
import type { LogRecord } from "../../src/log/LogRecord.ts";
import { hertz, type Micros, micros } from "../../src/units.ts";

const name = fc.stringMatching(/^[A-Za-z0-9._-]{1,8}$/);
const time: fc.Arbitrary<Micros> = fc.integer({ min: 0, max: 8_000_000_000_000_000 }).map(micros);
const dtype = fc.constantFrom(...(Object.keys(DTYPE_BYTES) as DType[]));
const shape = fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 3 });

const chunk: fc.Arbitrary<Chunk> = fc
  .record({ name, site: name, dtype, shape, frames: fc.integer({ min: 1, max: 5 }) })
  .chain(({ name, site, dtype, shape, frames }) => {
    const even = DTYPE_BYTES[dtype] * shape.reduce((product, size) => product * size, 1);
    const several = { minLength: frames, maxLength: frames };
    return fc
      .record({
        epoch: fc.integer({ min: 0, max: 2 ** 48 - 1 }),
        firstSequence: fc.integer({ min: 0, max: 2 ** 40 }),
        originTimes: fc.array(time, several),
        arrivalTime: time,
        lengths: fc.array(fc.integer({ min: 0, max: 9 }), several),
        seed: fc.infiniteStream(fc.integer({ min: 0, max: 255 })),
      })
      .map(({ lengths, seed, ...rest }) => {
        const bytes = dtype === "utf8" ? lengths.reduce((a, b) => a + b, 0) : even * frames;
        const payload = Uint8Array.from({ length: bytes }, () => seed.next().value ?? 0);
        const base = { site, stream: name, dtype, shape, payload, ...rest };
        return dtype === "utf8" ? { ...base, lengths } : base;
      });
  });

const description: fc.Arbitrary<StreamDescription> = fc.record({
  site: name,
  stream: name,
  modality: fc.constantFrom("audio", "video", "text", "sensor"),
  dtype,
  shape,
  rate: fc.oneof(fc.constant("irregular" as const), fc.integer({ min: 1 }).map(hertz)),
  unit: fc.string(),
  lateness: time,
  idleTimeout: time,
});

const label = fc.record({
  label: fc.string({ unit: "grapheme" }),
  from: time,
  to: time,
  by: fc.string(),
  slot: fc.string(),
});

/** Any record a log may hold, of every kind, but for its log time. */
const body = fc.oneof(
  fc.record({ kind: fc.constant("DATA" as const), chunk }),
  fc.record({ kind: fc.constant("HEARTBEAT" as const), stream: name, until: time }),
  fc.record({ kind: fc.constantFrom("IDLE" as const, "ACTIVE" as const), stream: name }),
  fc.record({ kind: fc.constant("CLOSED" as const), stream: name }),
  fc.record({
    kind: fc.constant("CLOCK" as const),
    stream: name,
    epoch: fc.integer({ min: 0, max: 2 ** 48 - 1 }),
    since: time,
    offset: fc.integer().map(micros),
    ppm: fc.integer({ min: -4_000, max: 4_000 }).map((eighths) => eighths / 8),
    residual: fc.integer().map(micros),
    uncertainty: time,
    stepped: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant("CONFIG" as const),
    version: fc.nat(),
    origin: time,
    period: time,
    streams: fc.array(description, { maxLength: 3 }),
  }),
  fc.record({ kind: fc.constant("SKEW" as const), skew: time }),
  fc.record({ kind: fc.constant("MODEL" as const), version: fc.string({ unit: "grapheme" }) }),
  fc.record({ kind: fc.constant("LABEL" as const), label }),
  fc.record({
    kind: fc.constant("CHECKPOINT" as const),
    back: fc.nat(),
    model: fc.string(),
    moments: fc.nat(),
    spans: fc.nat(),
    state: fc.uint8Array(),
  }),
);

/** Any log: records of every kind whose log times never decrease. */
export function anyLog(maxLength: number, minLength = 0): fc.Arbitrary<LogRecord[]> {
  return fc
    .record({
      start: fc.integer({ min: 0, max: 4_000_000_000_000_000 }),
      steps: fc.array(fc.record({ body, step: fc.integer({ min: 0, max: 400_000 }) }), {
        minLength,
        maxLength,
        size: "max",
      }),
    })
    .map(({ start, steps }) => {
      let now = start;
      return steps.map(({ body, step }): LogRecord => {
        now += step;
        return { ...body, logTime: micros(now) };
      });
    });
}
