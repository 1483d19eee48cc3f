import { type BenchResult, median } from "../Bench.ts";
import type { Peer, PeerRequest } from "../tensor/Peer.ts";

/** A step of ours against the same step of a peer. */
export interface Race {
  readonly name: string;
  readonly ours: () => Promise<unknown>;
  /** Nothing where it is not to be had: only our own time is then told. */
  readonly peer: Peer | undefined;
  readonly request: PeerRequest;
  /** Takes a line where the peer fails. */
  readonly skipped: string[];
  /** Turns of `request.runs` steps each; a busy moment then hits both. */
  readonly rounds: number;
}

/** Takes turns and compares the medians. */
export async function raceStep(race: Race): Promise<BenchResult> {
  const { name, ours, peer, request, skipped, rounds } = race;
  const [own, theirs]: [number[], number[]] = [[], []];
  await ours();
  await peer?.run({ ...request, runs: 1 });
  for (let round = 0; round < rounds; round++) {
    for (let run = 0; run < request.runs; run++) {
      const began = performance.now();
      await ours();
      own.push(performance.now() - began);
    }
    const measured = await peer?.run(request);
    if (typeof measured === "string") skipped.push(measured);
    else if (measured !== undefined) theirs.push(...measured);
  }
  const value = median(own);
  return {
    name,
    value,
    unit: "ms",
    better: "lower",
    ratios: theirs.length === 0 ? {} : { pytorch: value / median(theirs) },
  };
}
