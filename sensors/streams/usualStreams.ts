import {
  hertz,
  type Micros,
  millis,
  type StreamDescription,
  type StreamOffer,
  seconds,
} from "../../src/sensing.ts";

type Usual = Omit<StreamDescription, "site">;

const IN_ORDER = millis(0);

/** Sound as microphones give it unless told otherwise: 16 kHz, in blocks of 10 ms. */
export const USUAL_SOUND: Usual = {
  stream: "audio",
  modality: "audio",
  dtype: "i16",
  shape: [160],
  rate: hertz(100),
  span: millis(10),
  unit: "PCM",
  lateness: IN_ORDER,
  idleTimeout: millis(250),
};

/** Pictures as cameras give them unless told otherwise: small and grey, as models look at them, 25 a second. */
export const USUAL_PICTURES: Usual = {
  stream: "video",
  modality: "video",
  dtype: "u8",
  shape: [48, 64],
  rate: hertz(25),
  unit: "grey level",
  lateness: IN_ORDER,
  idleTimeout: millis(250),
};

/** Captions. */
export const USUAL_TEXT: Usual = {
  stream: "text",
  modality: "text",
  dtype: "utf8",
  shape: [],
  rate: "irregular",
  unit: "word",
  lateness: IN_ORDER,
  idleTimeout: millis(1_000),
};

/** Numbers that something measures. */
export function usualNumbers(
  stream: string,
  shape: readonly number[],
  rate: Usual["rate"],
  dtype: Usual["dtype"] = "f32",
): Usual {
  const idleTimeout = (
    rate === "irregular" ? seconds(2) : Math.max(250_000, Math.round(5e6 / rate))
  ) as Micros;
  return {
    ...{ stream, modality: "sensor", dtype, shape, rate, unit: "" },
    lateness: IN_ORDER,
    idleTimeout,
  };
}

/** The one stream of a sensor that gives one. */
export function onlyOffer(
  description: Usual,
  options: Readonly<Record<string, unknown>>,
): readonly StreamOffer[] {
  return [{ description, options }];
}

/**
 * The stream of rows with these fields, as things happen: one double each.
 *
 * @param fields A list of names; no stream is offered where it is none, since then a row may be of any length.
 */
export function rowsOffer(
  stream: string,
  fields: unknown,
  options: Readonly<Record<string, unknown>>,
): readonly StreamOffer[] {
  if (!Array.isArray(fields) || fields.length === 0) return [];
  const numbers = usualNumbers(stream, [fields.length], "irregular", "f64");
  return onlyOffer({ ...numbers, channels: fields.map(String) }, options);
}

/** The name of a file without folder and ending, as a stream's name. */
export function streamNameOf(path: string): string {
  const name = path.replace(/^.*[\\/]/, "").replace(/\.[^.]*$/, "");
  return name.replaceAll(/[^A-Za-z0-9._-]+/g, "-").slice(0, 64) || "numbers";
}
