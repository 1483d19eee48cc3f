import { parseCaption } from "../features/CaptionGrams.ts";
import { framesOf } from "../frames/Chunk.ts";
import { borrowNumbers } from "../frames/DType.ts";
import type { EventSpan, Label } from "../frames/EventSpan.ts";
import type { Reading } from "../frames/Reading.ts";
import type { StreamDescription } from "../frames/StreamDescription.ts";
import { readLog } from "../log/readLog.ts";
import { argMax } from "../tensor/argMax.ts";
import type { Micros } from "../units.ts";
import type { Table, TableCell, TableColumn } from "./Table.ts";

const TIME: TableColumn = { name: "time", type: "time" };
const SECONDS: TableColumn = { name: "seconds", type: "number", unit: "s" };
const number = (name: string): TableColumn => ({ name, type: "number" });
const text = (name: string): TableColumn => ({ name, type: "text" });

/** Second 0 of a table's `seconds`. */
interface Since {
  readonly start: Micros;
}

/**
 * The frames of a stream, one a row: when it began, its number, and its numbers or words.
 *
 * @param log A file or a folder of segments.
 */
export function streamTable(
  log: string,
  { stream, dtype, shape, unit }: StreamDescription,
  { start }: Since,
): Table {
  const size = shape.reduce((product, length) => product * length, 1);
  const values =
    dtype === "utf8"
      ? [number("duration"), text("text")]
      : Array.from({ length: size }, (_, at) => ({ ...number(`v${at}`), unit }));
  async function* rows(): AsyncGenerator<readonly TableCell[]> {
    for await (const record of readLog(log, { kinds: ["DATA"] })) {
      if (record.kind !== "DATA" || record.chunk.stream !== stream) continue;
      for (const { originTime, sequence, payload } of framesOf(record.chunk)) {
        const head = [originTime, (originTime - start) / 1e6, sequence];
        if (dtype !== "utf8") yield [...head, ...borrowNumbers(payload, dtype)];
        else {
          const caption = parseCaption(payload);
          yield caption === undefined
            ? [...head, null, Buffer.from(payload).toString()]
            : [...head, caption.duration / 1e6, caption.text];
        }
      }
    }
  }
  return {
    columns: [TIME, SECONDS, { name: "sequence", type: "integer" }, ...values],
    rows: rows(),
  };
}

/** Labels, one a row. */
export function labelTable(labels: Iterable<Label>, { start }: Since): Table {
  async function* rows(): AsyncGenerator<readonly TableCell[]> {
    for (const { label, slot, from, to, by } of labels)
      yield [from, to, (from - start) / 1e6, (to - start) / 1e6, label, slot, by];
  }
  return {
    columns: [
      ...[TIME, { name: "until", type: "time" } as const],
      ...[number("from"), number("to"), text("label"), text("slot"), text("by")],
    ],
    rows: rows(),
  };
}

/** Events in their final form, one a row, with the evidence of each stream. */
export function eventTable(
  events: AsyncIterable<EventSpan>,
  streams: readonly string[],
  { start }: Since,
): Table {
  async function* rows(): AsyncGenerator<readonly TableCell[]> {
    for await (const { id, label, from, to, score, modalities, evidence } of events)
      yield [
        ...[from, to, (from - start) / 1e6, (to - start) / 1e6, label, score],
        ...[modalities.join("+"), ...streams.map((stream) => evidence[stream] ?? null), id],
      ];
  }
  return {
    columns: [
      ...[TIME, { name: "until", type: "time" } as const, number("from"), number("to")],
      ...[text("label"), number("score"), text("modalities")],
      ...streams.map((stream) => number(`evidence.${stream}`)),
      text("id"),
    ],
    rows: rows(),
  };
}

/**
 * Readings, one a row: the answer, and of each stream whether it was there and what it says by itself.
 *
 * @param classes The model's, known once the first reading is there.
 */
export function readingTable(
  readings: AsyncIterable<Reading>,
  streams: readonly string[],
  classes: () => readonly string[],
  { start }: Since,
): Table {
  const best = (logProbabilities: Float32Array | undefined): [string | null, number | null] => {
    if (logProbabilities === undefined || logProbabilities.length === 0) return [null, null];
    const at = argMax(logProbabilities);
    return [classes()[at] ?? null, Math.exp(logProbabilities[at] ?? -Infinity)];
  };
  async function* rows(): AsyncGenerator<readonly TableCell[]> {
    for await (const reading of readings) {
      const { time, labelTime, id, model, presence } = reading;
      const own = streams.flatMap((stream) => {
        const said = reading.streams[stream];
        return [
          presence[stream] ?? null,
          ...best(said?.logProbabilities),
          said?.weight ?? null,
          said?.code ?? null,
        ];
      });
      yield [
        ...[time, (time - start) / 1e6, (labelTime - start) / 1e6],
        ...[...best(reading.logProbabilities), ...own, model, id],
      ];
    }
  }
  return {
    columns: [
      ...[TIME, SECONDS, number("about"), text("label"), number("probability")],
      ...streams.flatMap((stream): TableColumn[] => [
        text(`${stream}.presence`),
        text(`${stream}.label`),
        number(`${stream}.probability`),
        number(`${stream}.weight`),
        { name: `${stream}.code`, type: "integer" },
      ]),
      ...[text("model"), text("id")],
    ],
    rows: rows(),
  };
}
