/** What the benchmarks of time take on the command line. */
export interface BenchSettings {
  /** Rounds, ours and the peer's interleaved; the median counts. */
  readonly rounds: number;
  readonly seed: number;
}

/** Reads `--rounds=N` (5) and `--seed=N` (1). */
export function settingsIn(args: readonly string[]): BenchSettings {
  const number = (name: string, fallback: number): number =>
    Number(args.find((arg) => arg.startsWith(`--${name}=`))?.split("=")[1] ?? fallback);
  return { rounds: number("rounds", 5), seed: number("seed", 1) };
}
