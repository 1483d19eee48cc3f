/**
 * `npm run bench -- NAME [--json] [options]`: runs one benchmark.
 *
 * With --json the last line of stdout is one JSON object, `BenchReport`; progress goes to stderr.
 */
import type { Bench, BenchReport } from "./Bench.ts";

/** Benchmarks that give a report; each is imported only when it runs. */
const benches: { readonly [name: string]: () => Promise<Bench> } = {
  align: async () => (await import("./align/runAlignBench.ts")).runAlignBench,
  clock: async () => (await import("./clock/runClockBench.ts")).runClockBench,
  drill: async () => (await import("./robustness/runDrillBench.ts")).runDrillBench,
  dropout: async () => (await import("./align/runDropoutBench.ts")).runDropoutBench,
  feeds: async () => (await import("./sensors/runFeedsBench.ts")).runFeedsBench,
  hostile: async () => (await import("./wire/runHostileBench.ts")).runHostileBench,
  join: async () => (await import("./sensors/runJoinBench.ts")).runJoinBench,
  methods: async () => (await import("./methods/runMethodsBench.ts")).runMethodsBench,
  replay: async () => (await import("./replay/runReplayAndCrashBench.ts")).runReplayAndCrashBench,
  sensors: async () => (await import("./sensors/runSensorsBench.ts")).runSensorsBench,
  subsets: async () => (await import("./robustness/runSubsetsBench.ts")).runSubsetsBench,
  tensor: async () => (await import("./tensor/runTensorBench.ts")).runTensorBench,
  "tensor-accuracy": async () => (await import("./tensor/runTensorAccuracy.ts")).runTensorAccuracy,
  wire: async () => (await import("./wire/runWireBench.ts")).runWireBench,
  "tensor-coverage": async () => (await import("./tensor/runTensorCoverage.ts")).runTensorCoverage,
};

const name = process.argv[2] ?? "";
const load = benches[name];
if (load !== undefined) await runBench(load);
else {
  console.error(`bench: expected one of ${Object.keys(benches).join(", ")}, got "${name}"`);
  process.exitCode = 2;
}

async function runBench(open: () => Promise<Bench>): Promise<void> {
  const args = process.argv.slice(3);
  const log = (line: string): void => console.error(line);
  const bench = await open();
  const report = await bench({ log, args: args.filter((arg) => arg !== "--json") });
  console.log(args.includes("--json") ? JSON.stringify(report) : table(report));
}

function table({ results, skipped }: BenchReport): string {
  const rows = results.map(({ name: result, value, unit, ratios }) => {
    const peers = Object.entries(ratios).map(([peer, ratio]) => `${ratio.toFixed(2)}x ${peer}`);
    return `${result.padEnd(24)} ${value.toPrecision(4).padStart(9)} ${unit.padEnd(8)} ${peers.join("  ")}`;
  });
  return [...rows, ...skipped.map((line) => `skipped: ${line}`)].join("\n");
}
