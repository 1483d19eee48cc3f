import type { Row } from "../../../../src/server/protocol.ts";

/** Share of the rows in which all these streams had a code and it was the same one; undefined if none. */
export function sharedCodes(rows: readonly Row[], streams: readonly string[]): number | undefined {
  let both = 0;
  let same = 0;
  for (const row of rows) {
    const codes = streams.map((stream) => row.streams[stream]?.reading?.code);
    if (codes.length < 2 || codes.includes(undefined)) continue;
    both += 1;
    if (new Set(codes).size === 1) same += 1;
  }
  return both === 0 ? undefined : same / both;
}
