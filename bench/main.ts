import type { Bench, BenchReport } from "./Bench.ts";

/** Benchmarks by name; each is imported only when it runs. */
const benches: { readonly [name: string]: () => Promise<Bench> } = {
  tensor: async () => (await import("./tensor/runTensorBench.ts")).runTensorBench,
  "tensor-coverage": async () => (await import("./tensor/runTensorCoverage.ts")).runTensorCoverage,
};

const [name = "", ...rest] = process.argv.slice(2).filter((arg) => arg !== "--json");
const isJson = process.argv.includes("--json");
const load = benches[name];
if (load === undefined) {
  console.error(`bench: expected one of ${Object.keys(benches).join(", ")}, got "${name}"`);
  process.exit(2);
}
// Progress goes to stderr, so that with --json stdout is the report and nothing else.
const log = (line: string): void => console.error(line);
const bench = await load();
const report = await bench({ log, args: rest });
console.log(isJson ? JSON.stringify(report) : table(report));

function table({ results, skipped }: BenchReport): string {
  const rows = results.map(({ name: result, value, unit, ratios }) => {
    const peers = Object.entries(ratios).map(([peer, ratio]) => `${ratio.toFixed(2)}x ${peer}`);
    return `${result.padEnd(24)} ${value.toPrecision(4).padStart(9)} ${unit.padEnd(8)} ${peers.join("  ")}`;
  });
  return [...rows, ...skipped.map((line) => `skipped: ${line}`)].join("\n");
}
