import type { Micros } from "../units.ts";

/** Anything that happened at a known time. */
export interface Timed {
  /** When it happened, on the pipeline's clock, in µs since the Unix epoch. */
  readonly originTime: Micros;
}

/**
 * One timed block of one stream: 10 ms of sound, one picture, one caption.
 *
 * (`epoch`, `sequence`) is its idempotency key: the same pair twice is the same frame twice.
 */
export interface Frame extends Timed {
  readonly site: string;
  readonly stream: string;
  /** Boot id of the publisher: a restarted sensor has another one. Unsigned 48-bit integer. */
  readonly epoch: number;
  /** Counts the frames of one epoch, from 0, without gaps at the source. */
  readonly sequence: number;
  /** Start of the block. Computed once, at ingest, and stored; never recomputed on replay. */
  readonly originTime: Micros;
  /** When we got it, on the pipeline's clock. */
  readonly arrivalTime: Micros;
  /** Contiguous elements in the stream's dtype, little endian. Borrowed from its message. */
  readonly payload: Uint8Array;
}

/** What a text stream carries in each frame, as UTF-8 JSON. */
export interface Caption {
  /** The words, without markup. */
  readonly text: string;
  /** How long they are said or shown from `originTime` on, in µs. */
  readonly duration: Micros;
}
