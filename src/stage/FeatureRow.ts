import type { Frameset } from "../frames/Frameset.ts";

/** A frameset and what the model sees of it. */
export interface FeatureRow {
  readonly frameset: Frameset;
  /** One vector per stream, in the extractor's size; undefined where the stream is missing. */
  readonly inputs: Readonly<Record<string, Float32Array | undefined>>;
  /** What a person is shown of the same, u8; undefined where there is nothing to show. */
  readonly views: Readonly<Record<string, Uint8Array | undefined>>;
}
