import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

import { settingsIn } from "../align/settings.ts";
import type { Bench, BenchResult } from "../Bench.ts";
import { Fortress, type Holdings, holdings, refusedIn } from "./Fortress.ts";
import { goodAmong } from "./hostileMessages.ts";

/** Share of the messages after which memory is first looked at: by then all is warm. */
const WARM_UP = 0.2;

/**
 * Show 7: a million random byte strings and mutated valid messages into the inlet, from a process of their own, with
 * an ingest and an aligner behind it and a good sensor among them. Each must be taken or refused for a reason,
 * nothing may escape, nothing grow, and the good sensor lose nothing.
 *
 * Arguments: `--messages=N` (1,000,000), `--seed=N` (1).
 */
export const runHostileBench: Bench = async ({ log, args }) => {
  const { seed } = settingsIn(args);
  const messages = Number(
    args.find((arg) => arg.startsWith("--messages="))?.split("=")[1] ?? 1_000_000,
  );
  const warmUp = Math.floor(messages * WARM_UP);
  let escaped = 0;
  const caught = (error: unknown): void => {
    escaped++;
    log(`escaped: ${String(error)}`);
  };
  process.on("uncaughtException", caught).on("unhandledRejection", caught);
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;

  await using fortress = await Fortress.open();
  log(`hostile: ${messages} messages, seed ${seed}`);
  await fire(fortress, seed, warmUp);
  const before = await holdings(collect);
  const half = fortress.count();
  const began = performance.now();
  await fire(fortress, seed + 1, messages);
  const took = (performance.now() - began) / 1_000;
  const after = await holdings(collect);
  const all = fortress.count();
  process.off("uncaughtException", caught).off("unhandledRejection", caught);

  const taken = all.taken - half.taken;
  const refused = refusedIn(all) - refusedIn(half);
  log(`taken ${taken}, refused ${refused}: ${JSON.stringify(all.refused)}`);
  log(
    `rows ${all.rows}, ${(messages / took / 1_000).toFixed(0)} k messages/s, ${told(before)}, then ${told(after)}`,
  );
  const result = (name: string, value: number, unit: string): BenchResult => ({
    name: `7 ${name}`,
    value,
    unit,
    better: "lower",
    ratios: {},
  });
  return {
    bench: "hostile",
    results: [
      { ...result("messages sent", messages, "messages"), better: "higher" },
      result("messages not counted", messages - taken - refused, "messages"),
      result("escaped errors", escaped, "errors"),
      result("growth of memory", (after.bytes - before.bytes) / 2 ** 20, "MiB"),
      result("growth of handles", after.handles - before.handles, "handles"),
      result("good frames lost", goodAmong(warmUp) + goodAmong(messages) - all.good, "frames"),
      ...Object.entries(all.refused).map(([reason, count]) =>
        result(`refused as ${reason}`, count, "messages"),
      ),
    ],
    skipped: [],
  };
};

/** Lets a process of its own fire, and waits until all that it sent has been dealt with. */
async function fire(fortress: Fortress, seed: number, count: number): Promise<void> {
  const { taken, ...before } = fortress.count();
  const done = fortress.dealtWith(taken + refusedIn({ taken, ...before }) + count);
  const script = fileURLToPath(new URL("fireAt.ts", import.meta.url));
  const args = ["--import", "tsx", script, fortress.endpoint, String(seed), String(count)];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "inherit"] });
  const [code] = await once(child, "exit");
  if (code !== 0) throw new Error(`fireAt: expected to end well, got code ${code}`);
  await done;
}

function told({ bytes, handles }: Holdings): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB and ${handles} handles`;
}
