import { open } from "node:fs/promises";
import { parse } from "csv-parse/sync";

import {
  hertz,
  SensorError,
  SensorSettings,
  type StreamDescription,
  type StreamOffer,
} from "../../src/sensing.ts";
import { onlyOffer, rowsOffer, streamNameOf, usualNumbers } from "../streams/usualStreams.ts";
import { lineSource } from "./lineSource.ts";

/** How much of a table is looked at. */
const LOOK = 65_536;
/** Rows a second where neither the table nor anybody says. */
const USUAL_RATE = hertz(100);
/** What the column with a row's time is called. */
const TIME_NAMES = /^(time|timestamp|t|seconds|date|datetime)$/i;
/** How even the rows' times must be for a rate: largest departure from the middle step, as a share of it. */
const EVEN = 0.25;
/** Times below this are no seconds since 1970, which began longer ago: they count from a start of their own. */
const LEAST_EPOCH = 1e8;

/**
 * The stream of numbers that a table would give.
 *
 * Of a file it is all its columns but the time, or those that the options name, at the rate that its times
 * have. What is still to come cannot be looked into: there it is the columns that the options name, as things
 * happen, or nothing that anybody knows.
 *
 * A column called time, timestamp, t, seconds or date is the time unless the options name one; its unit and
 * whether it counts from 1970 are told by its size. Without one, rows are taken to be 100 a second.
 *
 * @throws {ConfigError} If the options name no source.
 * @throws {SensorError} If the file cannot be read, or is no table of numbers with a head.
 */
export async function tableOffer(
  options: Readonly<Record<string, unknown>>,
): Promise<readonly StreamOffer[]> {
  const settings = new SensorSettings("csv", options);
  const { isComplete, name: path } = lineSource(settings);
  if (!isComplete) return rowsOffer("csv", options["columns"], options);
  const lines = await firstRows(path, settings.text("delimiter", ","));
  const hasHead = settings.choice("head", ["yes", "no"], "yes") === "yes";
  const [first = []] = lines;
  const head = hasHead ? first : first.map((_, place) => String(place));
  const rows = hasHead ? lines.slice(1) : lines;
  const named = options["time"];
  const time = typeof named === "string" ? named : head.find((name) => TIME_NAMES.test(name));
  const at = time === undefined ? -1 : head.indexOf(time);
  const columns = Array.isArray(options["columns"])
    ? options["columns"].map(String)
    : head.filter((_, place) => place !== at);
  if (columns.length < 1 || rows.length === 0)
    throw new SensorError("csv", `expected a table with a head and rows of numbers, got ${path}`);
  const cells = rows.map((row) => row[at] ?? "");
  const timing = at < 0 ? undefined : timesOf(cells);
  const rate = timing === undefined ? USUAL_RATE : timing.rate;
  const numbers = usualNumbers(streamNameOf(path), [columns.length], rate, "f64");
  return onlyOffer(
    columns.every((name) => /^.{1,64}$/.test(name)) ? { ...numbers, channels: columns } : numbers,
    {
      ...(timing !== undefined && { time, timeUnit: timing.unit, timeFrom: timing.from }),
      ...options,
    },
  );
}

async function firstRows(path: string, delimiter: string): Promise<string[][]> {
  try {
    await using file = await open(path);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(LOOK), 0, LOOK, 0);
    const text = buffer.toString("utf8", 0, bytesRead);
    // The last line may be cut.
    const whole = bytesRead < LOOK ? text : text.slice(0, text.lastIndexOf("\n") + 1);
    return parse(whole, {
      ...{ delimiter, bom: true, trim: true, skip_empty_lines: true },
      ...{ relax_column_count: true, comment: "#" },
    });
  } catch (cause) {
    throw new SensorError("csv", `expected a readable table, got ${path}`, { cause });
  }
}

interface Timing {
  readonly unit: "s" | "ms" | "us" | "iso";
  readonly from: "epoch" | "start";
  readonly rate: StreamDescription["rate"];
}

function timesOf(cells: readonly string[]): Timing {
  const numbers = cells.map(Number);
  const isIso = !Number.isFinite(numbers[0]);
  const [first = 0] = numbers;
  const unit = isIso ? "iso" : first > 1e14 ? "us" : first > 1e11 ? "ms" : "s";
  const scale = { s: 1, ms: 1e-3, us: 1e-6, iso: 1e-3 }[unit];
  const times = (isIso ? cells.map((cell) => Date.parse(cell)) : numbers).map((t) => t * scale);
  const steps = times.slice(1).map((t, i) => t - (times[i] ?? t));
  const middle = steps.toSorted((a, b) => a - b)[steps.length >> 1] ?? 0;
  const isEven =
    middle > 0 &&
    steps.every((step) => Math.abs(step - middle) <= EVEN * middle) &&
    steps.length > 1;
  return {
    unit,
    from: unit === "s" && first < LEAST_EPOCH ? "start" : "epoch",
    rate: isEven ? hertz(Number((1 / middle).toPrecision(4))) : "irregular",
  };
}
