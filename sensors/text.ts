import type { Readable } from "node:stream";

import {
  type Caption,
  ConfigError,
  type Micros,
  micros,
  millis,
  type SensedFrame,
  type SensorContext,
  SensorError,
  type SensorKind,
  SensorSettings,
} from "../src/sensing.ts";
import { type LineSource, lineSource } from "./lines/lineSource.ts";
import { linesOf } from "./lines/linesOf.ts";
import { onlyOffer, USUAL_TEXT } from "./streams/usualStreams.ts";

/**
 * Captions, line by line, from standard input, a file, a growing one, a socket, or posted by HTTP or WebSocket.
 *
 * A line is plain text, said when it comes, or JSON: `{"text": "bin", "time": 1700000000000000,
 * "duration": 220000}`, both in µs, `time` since the Unix epoch, both may be left out. Lines that begin
 * like JSON and are none are left out and told on stderr.
 *
 * Options: where from, see `lineSource` (`source` `-`, standard input; `file` is another name of it); `durationMs` of a line that does not say (400); `latencyMs`, how
 * long after its time a line may come: so long nothing may count on silence (0).
 */
export const text: SensorKind = {
  name: "text",
  summary:
    "Reads captions line by line, plain or JSON, from a file, standard input, posts or a socket.",
  probe: async () => ({ works: true, detail: "reads files, standard input, posts, sockets" }),
  argument: "file",
  offers: async (options) => onlyOffer(USUAL_TEXT, options),
  create(options) {
    const settings = new SensorSettings("text", options);
    const source = lineSource(settings, settings.has("file") ? settings.text("file") : "-");
    const duration = millis(settings.number("durationMs", 400));
    const latency = millis(settings.number("latencyMs", 0));
    settings.end();
    return {
      pace: "live",
      latency,
      frames: (context) => readFrom(source, duration, context),
    };
  },
};

async function* readFrom(
  source: LineSource,
  duration: Micros,
  context: SensorContext,
): AsyncGenerator<SensedFrame> {
  yield* captions(await source.open(context.signal), duration, context);
  // A file that has been read has been said; a line that is gone may come back.
  if (source.isEndless) throw new SensorError("text", `expected ${source.name} to go on, it ended`);
}

/**
 * The captions in lines of text.
 *
 * @param input Read to its end, or until the signal aborts.
 * @throws {SensorError} If it cannot be read.
 */
export async function* captions(
  input: Readable,
  usualDuration: Micros,
  { description, clock, signal }: SensorContext,
): AsyncGenerator<SensedFrame> {
  if (description.dtype !== "utf8")
    throw new ConfigError(
      `stream ${description.stream}`,
      `expected utf8 for text, got ${description.dtype}`,
    );
  for await (const line of linesOf("text", input, signal)) {
    const now = clock.now();
    const spoken = parseLine(line, now, usualDuration);
    if (spoken === "none") continue;
    if (spoken === "wrong") {
      process.stderr.write(`text: expected a caption as JSON, got ${line.slice(0, 80)}\n`);
      continue;
    }
    const { time, ...caption } = spoken;
    yield { originTime: time, payload: new TextEncoder().encode(JSON.stringify(caption)) };
  }
}

/** A line's caption and when it is said; `none` for an empty line, `wrong` for JSON that is no caption. */
export function parseLine(
  line: string,
  now: Micros,
  usualDuration: Micros,
): (Caption & { readonly time: Micros }) | "none" | "wrong" {
  const said = line.trim();
  if (said === "") return "none";
  if (!said.startsWith("{")) return { text: said, duration: usualDuration, time: now };
  let value: unknown;
  try {
    value = JSON.parse(said);
  } catch {
    return "wrong";
  }
  const { text: words, time = now, duration = usualDuration } = value as Record<string, unknown>;
  const isTime = (number: unknown): number is number =>
    typeof number === "number" && Number.isSafeInteger(number) && number >= 0;
  if (typeof words !== "string" || words === "" || !isTime(time) || !isTime(duration))
    return "wrong";
  return { text: words, duration: micros(duration), time: micros(time) };
}
