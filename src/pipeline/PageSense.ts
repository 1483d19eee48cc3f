import { ConfigError } from "../errors.ts";
import { defineStream, type StreamDescription } from "../frames/StreamDescription.ts";
import { type Micros, millis } from "../units.ts";
import type { SensedFrame } from "./Sensor.ts";

/** What a page in a browser can sense with. `pad` gives pictures of a drawing, `pen` the way of the pen. */
export type PageSource = "microphone" | "camera" | "pad" | "pen" | "motion" | "words";

/** In what form a page gives what it senses: what it says of the stream that it feeds or that is converted. */
export type SenseForm = Pick<
  StreamDescription,
  "modality" | "dtype" | "shape" | "rate" | "unit" | "span"
>;

/** One frame of one of a pipeline's streams. */
export interface ConvertedFrame extends SensedFrame {
  readonly stream: string;
}

/**
 * Makes of what a page senses the frames of a pipeline's streams. One for each page and sense, as long as it
 * is lent.
 */
export interface SenseConverter {
  /**
   * The frames that a sample brings about.
   *
   * @param sample In the sense's `form`; samples come in the order of their times. Borrowed.
   * @returns Each stream's in the order of their times, as the stream describes them.
   * @throws {SensoriumError} If the sample is none: it came from a page.
   */
  push(sample: SensedFrame): readonly ConvertedFrame[];
}

/** A sense that a page may lend to a pipeline, and the streams that it feeds. */
export interface PageSense {
  /** What of the page senses. */
  readonly source: PageSource;
  /** The pipeline's streams that it feeds; one, unless it is converted. */
  readonly feeds: readonly string[];
  /** What a person should know who lends it, in one sentence. */
  readonly hint?: string;
  /** Of a pen: how long it is off the paper when what it drew is finished. Default 0.7 s. */
  readonly rest?: Micros;
  /** How what is sensed becomes frames; absent where the page gives the stream's own frames. */
  readonly conversion?: {
    /** In what form the page gives it. */
    readonly form: SenseForm;
    /** Makes a fresh converter. */
    readonly converter: () => SenseConverter;
  };
}

/** Stands for the stream's own where nothing is converted: only the name is to be checked. */
const ANY_FORM: SenseForm = {
  modality: "sensor",
  dtype: "u8",
  shape: [],
  rate: "irregular",
  unit: "",
};

/**
 * Checks what a pipeline says of the senses that pages may lend to it.
 *
 * @param where The pipeline, for messages.
 * @param streams Names of its streams.
 * @throws {ConfigError} If a name is none, a sense feeds no stream, one that is not there, or several without
 *   a conversion, or its form or rest is out of range.
 */
export function checkPageSenses(
  where: string,
  senses: Readonly<Record<string, PageSense>>,
  streams: readonly string[],
): void {
  for (const [name, { source, feeds, rest, conversion }] of Object.entries(senses)) {
    const stranger = feeds.find((stream) => !streams.includes(stream));
    if (stranger !== undefined)
      throw new ConfigError(where, `sense ${name} feeds ${stranger}, expected one of ${streams}`);
    if (feeds.length === 0 || (conversion === undefined && feeds.length > 1))
      throw new ConfigError(
        where,
        `sense ${name} must feed one stream, or several by a conversion, got ${feeds.length}`,
      );
    if (!((rest ?? 1) > 0))
      throw new ConfigError(where, `sense ${name} must rest for > 0 us, got ${rest}`);
    if (conversion === undefined && source === "pen")
      throw new ConfigError(where, `sense ${name} needs a conversion, as every pen does, got none`);
    const times = { lateness: millis(0), idleTimeout: millis(1) };
    const form = conversion?.form ?? ANY_FORM;
    defineStream({ ...times, ...form, site: "page", stream: name });
  }
}
