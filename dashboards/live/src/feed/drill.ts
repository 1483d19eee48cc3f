import type { HelloMessage, Row, SubsetRow } from "../../../../src/server/protocol.ts";

/** What would be answered if some sensors were lost. */
export interface DrillLine {
  /** The streams that would be lost. */
  readonly lost: readonly string[];
  readonly left: readonly string[];
  /** Best label of those left; empty where none would be left. */
  readonly label: string;
  readonly probability: number;
  /** Whether it is the label that everything together gives now. */
  readonly same: boolean;
  /** Share of the recent rows with something going on in which it was the same; undefined in silence. */
  readonly agreement: number | undefined;
}

const MOST_LINES = 6;

/** One line for each way to lose some, but not all, of the streams present in `row`. */
export function drill(hello: HelloMessage, rows: readonly Row[], row: Row): DrillLine[] {
  const silence = hello.classes.indexOf(hello.silence);
  const present = hello.streams
    .map(({ stream }) => stream)
    .filter((stream) => row.subsets.some(({ streams }) => streams.includes(stream)));
  return row.subsets
    .filter(({ streams }) => streams.length < present.length)
    .sort((a, b) => b.streams.length - a.streams.length)
    .slice(0, MOST_LINES)
    .map((subset) => ({
      lost: present.filter((stream) => !subset.streams.includes(stream)),
      left: subset.streams,
      label: hello.classes[subset.class] ?? "",
      probability: subset.probability,
      same: subset.class === row.fused[0]?.class,
      agreement: agreement(rows, subset, silence),
    }));
}

function agreement(
  rows: readonly Row[],
  { streams }: SubsetRow,
  silence: number,
): number | undefined {
  let busy = 0;
  let same = 0;
  for (const row of rows) {
    const answer = row.fused[0]?.class;
    if (answer === undefined || answer === silence) continue;
    const other = row.subsets.find(
      (subset) =>
        subset.streams.length === streams.length &&
        subset.streams.every((stream) => streams.includes(stream)),
    );
    if (other === undefined) continue;
    busy += 1;
    if (other.class === answer) same += 1;
  }
  return busy === 0 ? undefined : same / busy;
}
