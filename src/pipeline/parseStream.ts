import { z } from "zod";

import { ConfigError } from "../errors.ts";
import { DTYPE_BYTES, type DType } from "../frames/DType.ts";
import { MODALITIES } from "../frames/Modality.ts";
import { defineStream, type StreamDescription } from "../frames/StreamDescription.ts";
import { hertz, micros } from "../units.ts";

const time = z.int().nonnegative().transform(micros);

const SCHEMA = z.strictObject({
  site: z.string(),
  stream: z.string(),
  modality: z.enum(MODALITIES),
  dtype: z.enum(Object.keys(DTYPE_BYTES) as [DType, ...DType[]]),
  shape: z.array(z.int().positive()).default([]),
  rate: z.union([z.number().positive().transform(hertz), z.literal("irregular")]),
  span: time.optional(),
  timing: z.enum(["exact", "jittered"]).optional(),
  unit: z.string().default(""),
  channels: z.array(z.string().min(1).max(64)).optional(),
  lateness: time.prefault(0),
  idleTimeout: time.prefault(250_000),
});

/**
 * A stream's description as a person writes it (docs/wire.md).
 *
 * What may be left out: `shape` (a scalar), `unit`, `channels`, `span`, `lateness` (0) and `idleTimeout` (250 ms).
 *
 * @throws {ConfigError} If it is no such description; the message names each field that is not.
 */
export function parseStream(value: unknown): StreamDescription {
  const { success, data, error } = SCHEMA.safeParse(value);
  if (!success)
    throw new ConfigError("stream", `expected a description\n${z.prettifyError(error)}`);
  const { span, timing, channels, ...description } = data;
  return defineStream({
    ...description,
    ...(span === undefined ? {} : { span }),
    ...(timing === undefined ? {} : { timing }),
    ...(channels === undefined ? {} : { channels }),
  });
}
