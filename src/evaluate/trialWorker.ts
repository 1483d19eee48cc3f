/** The thread that runs trials, one after the other: computing blocks the thread it is called on. */
import { parentPort } from "node:worker_threads";

import { ConfigError } from "../errors.ts";
import { openDataSet } from "./DataSet.ts";
import { loadStudy } from "./loadStudy.ts";
import type { TrialNews, TrialOrder } from "./trialMessages.ts";

const port = parentPort;
if (port === null) throw new ConfigError("trial worker", "expected to run as a worker thread");
const tell = (news: TrialNews): void => port.postMessage(news);

async function run({ module, data, split, variant, seed, threads }: TrialOrder): Promise<void> {
  const study = await loadStudy(module);
  const set = await openDataSet(data);
  const trial = study.trials(set.name).find((candidate) => candidate.variant === variant);
  if (trial === undefined)
    throw new ConfigError(study.name, `expected a variant of ${set.name}, got "${variant}"`);
  const metrics = await trial.run({
    data: set,
    split,
    seed,
    threads,
    progress: (line) => tell({ type: "progress", line }),
  });
  for (const [name, value] of Object.entries(metrics))
    if (!Number.isFinite(value))
      throw new ConfigError(study.name, `expected a finite ${name}, got ${value}`);
  tell({ type: "done", metrics });
}

port.on("message", (order: TrialOrder | "close") => {
  if (order === "close") port.close();
  else
    run(order).catch((problem: unknown) =>
      tell({
        type: "failed",
        problem: problem instanceof Error ? (problem.stack ?? problem.message) : String(problem),
      }),
    );
});
