import type { Micros } from "../units.ts";
import {
  byteArray,
  type Check,
  dictionary,
  integer,
  list,
  mismatch,
  number,
  record,
  text,
} from "./check.ts";
import type { Candidate, CaptionView, Row, StreamRow } from "./messages.ts";

/** Ranked answers of n rows: [n, width] back to back, short ones padded with class −1. */
interface AnswerColumns {
  readonly width: number;
  readonly classes: readonly number[];
  readonly probabilities: readonly number[];
}

interface StreamColumns {
  /** [n] index into {@link PRESENCES}; past its end: the row knows no such stream. */
  readonly presence: Uint8Array;
  /** [n], empty where there is none. */
  readonly reasons: readonly string[];
  /** [n], −1 where there is no reading. */
  readonly codes: readonly number[];
  readonly margins: readonly number[];
  readonly weights: readonly number[];
  readonly top: AnswerColumns;
  readonly views: readonly { readonly row: number; readonly bytes: Uint8Array }[];
  readonly captions: readonly ({ readonly row: number } & CaptionView)[];
}

/** Rows as they travel: one column per quantity, so that twenty seconds of them cost no key names. */
export interface RowColumns {
  readonly times: readonly Micros[];
  readonly fused: AnswerColumns;
  readonly streams: Readonly<Record<string, StreamColumns>>;
  readonly subsets: readonly ({ readonly streams: readonly string[] } & AnswerColumns)[];
}

const PRESENCES = ["missing", "held", "interpolated", "real"] as const;
const UNKNOWN = 255;
const NO_CLASS = -1;

/** Rows into columns. */
export function packRows(rows: readonly Row[]): RowColumns {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row.streams)))];
  const subsets = new Map<string, readonly string[]>();
  for (const row of rows)
    for (const { streams } of row.subsets) subsets.set(streams.join("\n"), streams);
  return {
    times: rows.map((row) => row.time),
    fused: packAnswers(rows.map((row) => row.fused)),
    streams: Object.fromEntries(
      names.map((name) => [name, packStream(rows.map((row) => row.streams[name]))]),
    ),
    subsets: [...subsets].map(([key, streams]) => ({
      streams,
      ...packAnswers(
        rows.map((row) => row.subsets.filter((subset) => subset.streams.join("\n") === key)),
      ),
    })),
  };
}

/** Columns that passed {@link rowColumns} back into rows. */
export function unpackRows({ times, fused, streams, subsets }: RowColumns): Row[] {
  return times.map((time, row) => ({
    time,
    fused: unpackAnswer(fused, row),
    streams: Object.fromEntries(
      Object.entries(streams).flatMap(([name, columns]) => {
        const stream = unpackStream(columns, row);
        return stream === undefined ? [] : [[name, stream]];
      }),
    ),
    subsets: subsets.flatMap((subset) =>
      unpackAnswer(subset, row).map((best) => ({ streams: subset.streams, ...best })),
    ),
  }));
}

function packAnswers(answers: readonly (readonly Candidate[])[]): AnswerColumns {
  const width = answers.reduce((most, answer) => Math.max(most, answer.length), 0);
  const classes = new Array<number>(answers.length * width).fill(NO_CLASS);
  const probabilities = new Array<number>(answers.length * width).fill(0);
  for (const [row, answer] of answers.entries())
    for (const [rank, candidate] of answer.entries()) {
      classes[row * width + rank] = candidate.class;
      probabilities[row * width + rank] = candidate.probability;
    }
  return { width, classes, probabilities };
}

function unpackAnswer(
  { width, classes, probabilities }: AnswerColumns,
  row: number,
): readonly Candidate[] {
  const answer: Candidate[] = [];
  for (let at = row * width; at < (row + 1) * width; at += 1) {
    const index = classes[at] ?? NO_CLASS;
    if (index !== NO_CLASS) answer.push({ class: index, probability: probabilities[at] ?? 0 });
  }
  return answer;
}

function packStream(rows: readonly (StreamRow | undefined)[]): StreamColumns {
  return {
    presence: Uint8Array.from(rows, (row) =>
      row === undefined ? UNKNOWN : PRESENCES.indexOf(row.presence),
    ),
    reasons: rows.map((row) => row?.reason ?? ""),
    codes: rows.map((row) => row?.reading?.code ?? -1),
    margins: rows.map((row) => row?.reading?.margin ?? 0),
    weights: rows.map((row) => row?.reading?.weight ?? 0),
    top: packAnswers(rows.map((row) => row?.reading?.top ?? [])),
    views: rows.flatMap((row, index) =>
      row?.view === undefined ? [] : [{ row: index, bytes: row.view }],
    ),
    captions: rows.flatMap((row, index) =>
      (row?.captions ?? []).map((caption) => ({ row: index, ...caption })),
    ),
  };
}

function unpackStream(columns: StreamColumns, row: number): StreamRow | undefined {
  const presence = PRESENCES[columns.presence[row] ?? UNKNOWN];
  if (presence === undefined) return undefined;
  const reason = columns.reasons[row] ?? "";
  const code = columns.codes[row] ?? -1;
  const view = columns.views.find((candidate) => candidate.row === row);
  const captions = columns.captions.filter((caption) => caption.row === row);
  return {
    presence,
    ...(reason !== "" && { reason }),
    ...(code >= 0 && {
      reading: {
        code,
        margin: columns.margins[row] ?? 0,
        weight: columns.weights[row] ?? 0,
        top: unpackAnswer(columns.top, row),
      },
    }),
    ...(view !== undefined && { view: view.bytes }),
    ...(captions.length > 0 && {
      captions: captions.map(({ text, from, to }) => ({ text, from, to })),
    }),
  };
}

const probability = number(0, 1.000_001); // a float32 sum of shares may end a hair above 1
const answerFields = {
  width: integer(0, 64),
  classes: list(integer(NO_CLASS, 1_000_000)),
  probabilities: list(probability),
};
const answers: Check<AnswerColumns> = record<AnswerColumns>(answerFields);

const fields = record<RowColumns>({
  times: list(integer<Micros>(0), 10_000),
  fused: answers,
  streams: dictionary(
    record<StreamColumns>({
      presence: byteArray,
      reasons: list(text(64)),
      codes: list(integer(-1)),
      margins: list(number(0)),
      weights: list(probability),
      top: answers,
      views: list(record({ row: integer(0), bytes: byteArray })),
      captions: list(
        record<{ readonly row: number } & CaptionView>({
          row: integer(0),
          text: text(),
          from: integer<Micros>(),
          to: integer<Micros>(),
        }),
      ),
    }),
  ),
  subsets: list(record({ streams: list(text(64), 64), ...answerFields }), 1_024),
});

/** That every field is there, has its type, and is as long as there are rows. */
export const rowColumns: Check<RowColumns> = (value, path) =>
  fields(value, path) ?? lengths(value as RowColumns, path);

function lengths({ times, fused, streams, subsets }: RowColumns, path: string): string | undefined {
  const n = times.length;
  const expected: [name: string, length: number, wanted: number][] = [
    ...answerLengths("fused", fused, n),
    ...subsets.flatMap((subset, index) => answerLengths(`subsets[${index}]`, subset, n)),
    ...Object.entries(streams).flatMap(([name, columns]) => [
      ...(["presence", "reasons", "codes", "margins", "weights"] as const).map(
        (key): [string, number, number] => [`streams.${name}.${key}`, columns[key].length, n],
      ),
      ...answerLengths(`streams.${name}.top`, columns.top, n),
    ]),
  ];
  const wrong = expected.find(([, length, wanted]) => length !== wanted);
  return wrong && mismatch(`${path}.${wrong[0]}`, `${wrong[2]} values`, wrong[1]);
}

function answerLengths(name: string, answer: AnswerColumns, n: number): [string, number, number][] {
  const wanted = n * answer.width;
  return [
    [`${name}.classes`, answer.classes.length, wanted],
    [`${name}.probabilities`, answer.probabilities.length, wanted],
  ];
}
