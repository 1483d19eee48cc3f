import type { Command } from "commander";
import { paintState } from "./paintState.ts";
import { DEFAULT_URL, RunningPipeline, type RunningStatus } from "./RunningPipeline.ts";
import { textTable } from "./textTable.ts";

/** Adds `topics`: which streams a running pipeline has. */
export function addTopicsCommand(program: Command): void {
  program
    .command("topics")
    .description("list the streams of a running pipeline")
    .option("--url <address>", "the pipeline's server", DEFAULT_URL)
    .option("--json", "print one JSON object as the last line")
    .action(async ({ url, json }: { readonly url: string; readonly json?: true }) => {
      const status = await new RunningPipeline(url).status();
      const topics = topicsOf(status);
      const text = json
        ? [JSON.stringify({ pipeline: status.hello.pipeline, feed: status.hello.feed, topics })]
        : tableOf(topics);
      process.stdout.write(`${text.join("\n")}\n`);
    });
}

interface Topic {
  readonly stream: string;
  readonly modality: string;
  /** Nominal frames per second; null where frames come as things happen. */
  readonly rate: number | null;
  readonly unit: string;
  readonly state: string;
  /** Whether it counts in the answer. */
  readonly counts: boolean;
}

function topicsOf({ hello, streams }: RunningStatus): Topic[] {
  return hello.streams.map(({ stream, modality, rate, unit, counts }) => ({
    stream,
    modality,
    rate: rate === 0 ? null : rate,
    unit,
    state: streams?.streams.find((state) => state.stream === stream)?.state ?? "starting",
    counts,
  }));
}

function tableOf(topics: readonly Topic[]): string[] {
  return textTable(
    [
      { title: "stream" },
      { title: "modality" },
      { title: "Hz", align: "right" },
      { title: "state" },
      { title: "unit" },
    ],
    topics.map(({ stream, modality, rate, unit, state, counts }) => [
      stream,
      modality,
      rate === null ? "irregular" : String(rate),
      state,
      counts ? unit : `${unit} (shown only, does not count in the answer)`,
    ]),
    (cell, row, column) => (column === 3 ? paintState(cell, topics[row]?.state ?? "") : cell),
  );
}
