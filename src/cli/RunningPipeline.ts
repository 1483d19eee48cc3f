import { z } from "zod";

import { ConfigError } from "../errors.ts";
import type { LogRecord } from "../log/LogRecord.ts";
import { recordOfLine } from "../log/recordLine.ts";

/** Where `npm start` serves unless told otherwise. */
export const DEFAULT_URL = "http://127.0.0.1:8080";

const count = z.number().nonnegative();

const STREAM = z.object({
  stream: z.string(),
  state: z.string(),
  rate: count,
  age: z.number().optional(),
  counters: z.record(z.string(), count),
  doubt: z.object({ text: z.string() }).optional(),
  problem: z.string().optional(),
  pluggable: z.boolean(),
  /** How its publisher's clock stands to ours, in µs and µs per second; where clocks are compared. */
  clock: z
    .object({
      offset: z.number(),
      ppm: z.number(),
      uncertainty: z.number(),
      jitter: z.number().optional(),
    })
    .optional(),
});

const NEXT = z.object({
  index: z.number(),
  due: z.boolean(),
  waits: z.array(z.object({ stream: z.string(), needs: z.number(), has: z.number().optional() })),
});

const BLOCKING = z.object({
  time: z.number(),
  index: z.number(),
  config: z.number(),
  due: z.boolean(),
  waits: z.array(
    z.object({ stream: z.string(), need: z.number(), has: z.number().nullable().default(null) }),
  ),
});

const RECORDING = z.object({
  state: z.string(),
  bytes: z.number(),
  problem: z.string().optional(),
});

const STATUS = z.object({
  hello: z.object({
    pipeline: z.string(),
    feed: z.string(),
    period: z.number(),
    model: z.string(),
    streams: z.array(
      z.object({
        stream: z.string(),
        modality: z.string(),
        rate: z.number(),
        unit: z.string(),
        counts: z.boolean(),
      }),
    ),
  }),
  streams: z
    .object({ time: z.number(), streams: z.array(STREAM), recording: RECORDING.optional() })
    .optional(),
  status: z.object({ state: z.string(), text: z.string(), next: NEXT.optional() }).optional(),
  latency: z.object({ total: z.object({ p50: z.number(), p99: z.number() }) }).optional(),
  blocking: BLOCKING.optional(),
});

const FIGURES = z.record(z.string(), z.unknown());

const VERSIONS = z.object({
  serving: z.string(),
  isPinned: z.boolean(),
  versions: z.array(
    z.object({
      version: z.string(),
      base: z.string(),
      parent: z.string().optional(),
      since: z.number(),
      figures: FIGURES.optional(),
      isServing: z.boolean(),
    }),
  ),
  changes: z.array(
    z.object({
      version: z.string(),
      at: z.number(),
      cause: z.string().optional(),
      by: z.string().optional(),
      reason: z.string().optional(),
      pinned: z.boolean().optional(),
    }),
  ),
  learner: z
    .object({
      labels: z.record(z.string(), count),
      published: count,
      discarded: count,
      rolledBack: count,
      isLearning: z.boolean(),
      verdicts: z.array(
        z.object({ publish: z.boolean(), reason: z.string(), rows: count, figures: FIGURES }),
      ),
    })
    .optional(),
});

/** Which versions of its model there are, which one serves and why. */
export type RunningVersions = z.infer<typeof VERSIONS>;

/** How a running pipeline is, as its server tells it. */
export type RunningStatus = z.infer<typeof STATUS>;

const FRAME = z.union([
  z.object({
    stream: z.string(),
    epoch: z.number(),
    sequence: z.number(),
    originTime: z.number(),
    arrivalTime: z.number(),
    dtype: z.string(),
    shape: z.array(z.number()),
    payload: z.base64(),
  }),
  z.object({ skipped: z.number() }),
]);

const FED = z.object({ stream: z.string() });

const SENSORS = z.object({
  sensors: z.array(
    z.object({
      description: z.object({
        stream: z.string(),
        modality: z.string(),
        dtype: z.string(),
        shape: z.array(z.number()),
        rate: z.union([z.number(), z.literal("irregular")]),
      }),
      state: z.string(),
      kind: z.string().optional(),
      isGuest: z.boolean(),
      problem: z.string().optional(),
    }),
  ),
});

/** One stream of it and who feeds it. */
export type RunningSensor = z.infer<typeof SENSORS>["sensors"][number];

/** A frame as the server echoes it, or how many were skipped because the reader was slow. */
export type EchoedLine = z.infer<typeof FRAME>;

/** A pipeline that runs in another process, seen through its server. */
export class RunningPipeline {
  readonly url: string;

  /** @throws {ConfigError} If `url` is no http address. */
  constructor(url: string) {
    if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
      throw new ConfigError("--url", `expected an address like ${DEFAULT_URL}, got ${url}`);
    this.url = url;
  }

  /** @throws {ConfigError} If nobody answers there, or somebody else. */
  async status(): Promise<RunningStatus> {
    return this.#ask("/api/status", STATUS);
  }

  /** @throws {ConfigError} If nobody answers there, or somebody else. */
  async versions(): Promise<RunningVersions> {
    return this.#ask("/api/versions", VERSIONS);
  }

  /** @throws {ConfigError} If nobody answers there, or it refuses, with its reason. */
  async post(path: string, body: object): Promise<void> {
    await this.#fetch(path, posted(body));
  }

  /**
   * The frames of a stream as they come, until the signal aborts or the pipeline ends.
   *
   * @throws {ConfigError} If there is no such stream, nobody answers, or somebody else.
   */
  async *frames(stream: string, signal: AbortSignal): AsyncGenerator<EchoedLine, void, undefined> {
    const path = `/api/frames/${encodeURIComponent(stream)}`;
    const { body } = await this.#get(path, signal);
    for await (const line of lines(body)) yield this.#lineOf(line, path);
  }

  /**
   * Its log as it grows: what is in force now, then each record, until the signal aborts or the pipeline ends.
   *
   * @throws {ConfigError} If nobody answers, or somebody else.
   * @throws {LogError} If a record is none.
   */
  async *records(signal: AbortSignal): AsyncGenerator<LogRecord, void, undefined> {
    const { body } = await this.#get("/api/records", signal);
    for await (const line of lines(body)) yield recordOfLine(line);
  }

  #lineOf(line: string, path: string): EchoedLine {
    try {
      return FRAME.parse(JSON.parse(line));
    } catch (cause) {
      throw this.#stranger(path, cause);
    }
  }

  /** The streams there are and who feeds them. @throws {ConfigError} As `status`. */
  async sensors(): Promise<readonly RunningSensor[]> {
    return (await this.#ask("/api/sensors", SENSORS)).sensors;
  }

  /**
   * Attaches a sensor.
   *
   * @param request As `AttachRequest` has it.
   * @returns The name of the stream that it feeds.
   * @throws {ConfigError} If it cannot be attached, nobody answers, or somebody else.
   */
  async attach(request: object): Promise<string> {
    return (await this.#ask("/api/sensors", FED, posted(request))).stream;
  }

  /** Takes a stream's sensor away. @throws {ConfigError} As `attach`. */
  async detach(stream: string): Promise<string> {
    const path = `/api/sensors/${encodeURIComponent(stream)}`;
    return (await this.#ask(path, FED, { method: "DELETE" })).stream;
  }

  async #ask<T>(path: string, schema: z.ZodType<T>, init: RequestInit = {}): Promise<T> {
    const reply = await this.#fetch(path, init);
    const { success, data } = schema.safeParse(await reply.json().catch(() => undefined));
    if (!success) throw this.#stranger(path);
    return data;
  }

  #get(path: string, signal?: AbortSignal): Promise<Response> {
    return this.#fetch(path, signal ? { signal } : {});
  }

  async #fetch(path: string, init: RequestInit): Promise<Response> {
    let reply: Response;
    try {
      reply = await fetch(new URL(path, this.url), init);
    } catch (cause) {
      throw new ConfigError(
        this.url,
        "expected a running pipeline, got no answer; start one with npm start, or give its --url",
        { cause },
      );
    }
    if (reply.ok) return reply;
    const said: unknown = await reply.json().catch(() => undefined);
    const { data } = z.object({ error: z.string() }).safeParse(said);
    if (data === undefined) throw this.#stranger(path);
    throw new ConfigError(this.url, data.error);
  }

  #stranger(path: string, cause?: unknown): ConfigError {
    return new ConfigError(
      this.url,
      `expected ${path} to answer as a pipeline does, got something else`,
      { cause },
    );
  }
}

/** The lines of a reply that are not empty; ends when it is cut off, too. */
async function* lines(body: Response["body"]): AsyncGenerator<string, void, undefined> {
  let rest: string[] = [];
  for await (const piece of pieces(body)) {
    const [first = "", ...others] = piece.split("\n");
    rest.push(first);
    if (others.length === 0) continue;
    const last = others.pop() ?? "";
    for (const line of [rest.join(""), ...others]) if (line !== "") yield line;
    rest = [last];
  }
}

async function* pieces(body: Response["body"]): AsyncGenerator<string, void, undefined> {
  const all = body?.pipeThrough(new TextDecoderStream())[Symbol.asyncIterator]();
  try {
    for (;;) {
      // Aborting is how a reader says that it has had enough; a cut connection ends the stream too.
      const piece = await all?.next().catch(() => undefined);
      if (piece === undefined || piece.done) return;
      yield piece.value;
    }
  } finally {
    await all?.return?.().catch(() => undefined);
  }
}

function posted(body: object): RequestInit {
  const headers = { "content-type": "application/json" };
  return { method: "POST", headers, body: JSON.stringify(body) };
}
