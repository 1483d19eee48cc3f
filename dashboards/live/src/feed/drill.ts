import type { HelloMessage, Row, SubsetGauge, SubsetRow } from "../../../../src/server/protocol.ts";

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
  /** Share of the last minute in which it was the same; undefined until the pipeline has told. */
  readonly agreement: number | undefined;
  /** The same of the rows in which something was going on. */
  readonly eventAgreement: number | undefined;
  /** Share of the labelled moments of the last minute that it named right; undefined without labels. */
  readonly accuracy: number | undefined;
}

const MOST_LINES = 6;

/** One line for each way to lose some, but not all, of the streams present in `row`, smallest loss first. */
export function drill(hello: HelloMessage, gauges: readonly SubsetGauge[], row: Row): DrillLine[] {
  const present = hello.streams
    .map(({ stream }) => stream)
    .filter((stream) => row.subsets.some(({ streams }) => streams.includes(stream)));
  return row.subsets
    .filter(({ streams }) => streams.length < present.length)
    .sort((a, b) => b.streams.length - a.streams.length)
    .slice(0, MOST_LINES)
    .map((subset) => {
      const gauge = gauges.find(({ streams }) => isSame(streams, subset));
      return {
        lost: present.filter((stream) => !subset.streams.includes(stream)),
        left: subset.streams,
        label: hello.classes[subset.class] ?? "",
        probability: subset.probability,
        same: subset.class === row.fused[0]?.class,
        agreement: gauge?.agreement,
        eventAgreement: gauge?.eventAgreement,
        accuracy: gauge?.accuracy,
      };
    });
}

function isSame(streams: readonly string[], subset: SubsetRow): boolean {
  return (
    streams.length === subset.streams.length &&
    streams.every((stream) => subset.streams.includes(stream))
  );
}
