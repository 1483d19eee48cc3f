import type { Bench, BenchResult } from "../Bench.ts";

/** Each method's benchmark, imported only when it runs. */
const METHODS: { readonly [name: string]: () => Promise<Bench> } = {
  cmg: async () => (await import("./cmg.ts")).runCmgBench,
  gmc: async () => (await import("./gmc.ts")).runGmcBench,
  mla: async () => (await import("./mla.ts")).runMlaBench,
  decur: async () => (await import("./decur.ts")).runDecurBench,
  imlrs: async () => (await import("./imlrs.ts")).runImlrsBench,
};

/**
 * A training step of every method at its paper's sizes against the same step in PyTorch, one thread.
 *
 * Argument: `--only=NAME`, part of a method's name.
 */
export const runMethodsBench: Bench = async (options) => {
  const only = options.args.find((arg) => arg.startsWith("--only="))?.split("=")[1] ?? "";
  const results: BenchResult[] = [];
  const skipped = new Set<string>();
  for (const [name, load] of Object.entries(METHODS)) {
    if (!name.includes(only)) continue;
    const report = await (await load())(options);
    results.push(...report.results);
    for (const line of report.skipped) skipped.add(line);
  }
  return { bench: "methods", results, skipped: [...skipped] };
};
