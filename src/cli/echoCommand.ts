import { type Command, Option } from "commander";
import colors from "picocolors";

import { ConfigError } from "../errors.ts";
import { borrowNumbers, isDType } from "../frames/DType.ts";
import { counted } from "../units.ts";
import { count } from "./count.ts";
import { interruption } from "./interruption.ts";
import { DEFAULT_URL, type EchoedLine, RunningPipeline } from "./RunningPipeline.ts";

interface EchoFlags {
  readonly url: string;
  readonly count?: number;
  readonly json?: true;
}

/** Numbers of a frame shown to a person. */
const SHOWN = 8;

/** Adds `echo`: the frames of one stream of a running pipeline, as they come. */
export function addEchoCommand(program: Command): void {
  program
    .command("echo")
    .description("print the frames of a running pipeline's stream as they come")
    .argument("<stream>", "one of those that sensorium topics lists")
    .addOption(new Option("--count <n>", "end after so many frames").argParser(count))
    .option("--url <address>", "the pipeline's server", DEFAULT_URL)
    .option("--json", "one JSON object a line, with all the numbers of a frame")
    .action(echo);
}

async function echo(stream: string, { url, count: wanted, json }: EchoFlags): Promise<void> {
  const stop = interruption();
  let printed = 0;
  for await (const line of new RunningPipeline(url).frames(stream, stop.signal)) {
    if (printed === wanted) break;
    process.stdout.write(`${json ? JSON.stringify(plain(line)) : textOf(line)}\n`);
    if ("payload" in line && ++printed === wanted) break;
  }
  const isStopped = stop.signal.aborted;
  stop.abort();
  if (wanted !== undefined && printed < wanted && !isStopped)
    throw new ConfigError(
      `stream ${stream}`,
      `expected ${counted(wanted, "frame")}, got ${printed}`,
    );
}

/** The line with its payload as numbers, or as text. */
function plain(line: EchoedLine): object {
  if (!("payload" in line)) return line;
  const { payload, ...frame } = line;
  return { ...frame, value: contentOf(frame.dtype, Buffer.from(payload, "base64")) };
}

function contentOf(dtype: string, payload: Buffer): string | number[] {
  if (!isDType(dtype) || dtype === "utf8") return payload.toString("utf8");
  return Array.from(borrowNumbers(payload, dtype));
}

function textOf(line: EchoedLine): string {
  if (!("payload" in line))
    return colors.yellow(`${counted(line.skipped, "frame")} skipped: too slow a reader`);
  const { originTime, arrivalTime, sequence, dtype, shape } = line;
  const value = contentOf(dtype, Buffer.from(line.payload, "base64"));
  const shown = typeof value === "string" ? value : numbersOf(value, shape);
  const time = new Date(originTime / 1_000).toISOString().slice(11, 23);
  const way = `+${((arrivalTime - originTime) / 1_000).toFixed(1)} ms`;
  return `${time}  ${colors.dim(`#${sequence}`.padEnd(8))}  ${way.padStart(10)}  ${shown}`;
}

function numbersOf(values: readonly number[], shape: readonly number[]): string {
  const first = values.slice(0, SHOWN).map((value) => Number(value.toPrecision(5)));
  const [least, most] = [
    values.reduce((a, b) => Math.min(a, b), Infinity),
    values.reduce((a, b) => Math.max(a, b), -Infinity),
  ];
  if (values.length <= SHOWN) return `[${first.join(", ")}]`;
  return `[${shape.join("×")}] ${least}…${most}  ${first.join(", ")}, …`;
}
