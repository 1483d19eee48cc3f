import { setTimeout as sleep } from "node:timers/promises";
import { type Command, Option } from "commander";
import colors from "picocolors";

import { count } from "./count.ts";
import { interruption } from "./interruption.ts";
import { paintState } from "./paintState.ts";
import { DEFAULT_URL, RunningPipeline, type RunningStatus } from "./RunningPipeline.ts";
import { textTable } from "./textTable.ts";

interface TopFlags {
  readonly url: string;
  readonly once?: true;
  readonly json?: true;
  readonly every: number;
}

/** Adds `top`: how every stream of a running pipeline is, now and from then on. */
export function addTopCommand(program: Command): void {
  program
    .command("top")
    .description("watch the streams of a running pipeline: rates, ages, offsets, gaps, drops")
    .option("--once", "print once and exit")
    .option("--json", "one JSON object a time")
    .addOption(new Option("--every <ms>", "time between two looks").argParser(count).default(1_000))
    .option("--url <address>", "the pipeline's server", DEFAULT_URL)
    .action(top);
}

async function top({ url, once, json, every }: TopFlags): Promise<void> {
  const pipeline = new RunningPipeline(url);
  const stop = interruption();
  const redraws = process.stdout.isTTY === true && !once && !json;
  while (!stop.signal.aborted) {
    const overview = overviewOf(await pipeline.status());
    const text = json ? [JSON.stringify(overview)] : tableOf(overview);
    // Home, then clear to the end of the screen: no flicker.
    process.stdout.write(`${redraws ? "\x1b[H\x1b[J" : ""}${text.join("\n")}\n`);
    if (once) return;
    await sleep(Math.max(100, every), undefined, { signal: stop.signal }).catch(() => undefined);
  }
}

interface StreamOverview {
  readonly stream: string;
  readonly state: string;
  /** Why it is not believed though it speaks; absent where it is. */
  readonly doubt?: string;
  /** Frames per second, measured; `nominal` is null where frames come as things happen. */
  readonly rate: number;
  readonly nominal: number | null;
  /** Time since it was last heard. */
  readonly ageMs: number | null;
  /** Its clock minus ours, where that is measured. */
  readonly offsetMs: number | null;
  readonly uncertaintyMs: number | null;
  /** How much faster it runs than ours. */
  readonly driftPpm: number | null;
  /** What its stamps jitter by, a standard deviation, where that is taken out of its times. */
  readonly jitterMs: number | null;
  /** Frames lost on the way, by gaps in their sequence. */
  readonly gaps: number;
  /** Frames and messages that came and were not used, all reasons together and one by one. */
  readonly drops: number;
  readonly reasons: Readonly<Record<string, number>>;
  readonly problem?: string;
}

/** Times in ms from the row's instant; `hasMs` is null before a stream's first sign of life. */
interface NextOverview {
  readonly index: number;
  readonly due: boolean;
  readonly waits: readonly {
    readonly stream: string;
    readonly needsMs: number;
    readonly hasMs: number | null;
  }[];
}

interface Overview {
  readonly pipeline: string;
  readonly feed: string;
  readonly state: string;
  readonly text: string;
  /** The next row, and what each stream that holds it back needs and has; null while rows come. */
  readonly next: NextOverview | null;
  readonly latencyMs: { readonly p50: number; readonly p99: number } | null;
  /** How the recording is doing; null where the run is not recorded. */
  readonly recording: NonNullable<RunningStatus["streams"]>["recording"] | null;
  readonly streams: readonly StreamOverview[];
}

function overviewOf({ hello, streams, status, latency }: RunningStatus): Overview {
  const total = latency?.total;
  return {
    pipeline: hello.pipeline,
    feed: hello.feed,
    state: status?.state ?? "starting",
    text: status?.text ?? "",
    next: nextOf(status?.next),
    recording: streams?.recording ?? null,
    latencyMs: total === undefined ? null : { p50: total.p50 / 1_000, p99: total.p99 / 1_000 },
    streams: (streams?.streams ?? []).map((stream) => {
      const { lost = 0, ...reasons } = stream.counters;
      const nominal = hello.streams.find((info) => info.stream === stream.stream)?.rate ?? 0;
      return {
        stream: stream.stream,
        state: stream.state,
        rate: stream.rate,
        nominal: nominal === 0 ? null : nominal,
        ageMs: millisOf(stream.age),
        offsetMs: millisOf(stream.clock?.offset),
        uncertaintyMs: millisOf(stream.clock?.uncertainty),
        driftPpm: stream.clock?.ppm ?? null,
        jitterMs: millisOf(stream.clock?.jitter),
        gaps: lost,
        drops: Object.values(reasons).reduce((sum, frames) => sum + frames, 0),
        reasons,
        ...(stream.doubt !== undefined && { doubt: stream.doubt.text }),
        ...(stream.problem !== undefined && { problem: stream.problem }),
      };
    }),
  };
}

function nextOf(next: NonNullable<RunningStatus["status"]>["next"]): NextOverview | null {
  if (next === undefined) return null;
  const { index, due, waits } = next;
  return {
    index,
    due,
    waits: waits.map(({ stream, needs, has }) => ({
      stream,
      needsMs: needs / 1_000,
      hasMs: millisOf(has),
    })),
  };
}

function millisOf(time: number | undefined): number | null {
  return time === undefined ? null : time / 1_000;
}

function tableOf(overview: Overview): string[] {
  const { pipeline, feed, state, text, latencyMs, recording, streams } = overview;
  const latency =
    latencyMs === null
      ? ""
      : `, latency p50 ${latencyMs.p50.toFixed(1)} ms, p99 ${latencyMs.p99.toFixed(1)} ms`;
  const table = textTable(
    [
      { title: "stream" },
      { title: "state" },
      { title: "Hz", align: "right" },
      { title: "of", align: "right" },
      { title: "age ms", align: "right" },
      { title: "offset ms", align: "right" },
      { title: "gaps", align: "right" },
      { title: "drops", align: "right" },
      { title: "" },
    ],
    streams.map((stream) => [
      stream.stream,
      stream.state,
      stream.rate.toFixed(1),
      stream.nominal === null ? "irregular" : String(stream.nominal),
      stream.ageMs === null ? "–" : stream.ageMs.toFixed(0),
      stream.offsetMs === null
        ? "–"
        : `${stream.offsetMs.toFixed(2)}${stream.uncertaintyMs === null ? "" : ` ±${stream.uncertaintyMs.toFixed(2)}`}`,
      String(stream.gaps),
      String(stream.drops),
      [
        stream.doubt ?? "",
        Object.entries(stream.reasons)
          .map(([reason, frames]) => `${frames} ${reason}`)
          .join(", "),
        stream.problem ?? "",
      ]
        .filter(Boolean)
        .join("; "),
    ]),
    (cell, row, column) => (column === 1 ? paintState(cell, streams[row]?.state ?? "") : cell),
  );
  return [
    `${colors.bold(pipeline)} on ${feed}: ${state}${latency}`,
    ...(text === "" ? [] : [colors.yellow(text)]),
    ...(recording?.state === "failed"
      ? [colors.red(`recording stopped: ${recording.problem ?? "it says not why"}`)]
      : []),
    "",
    ...table,
  ];
}
