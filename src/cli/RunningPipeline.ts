import { z } from "zod";

import { ConfigError } from "../errors.ts";

/** Where `npm start` serves unless told otherwise. */
export const DEFAULT_URL = "http://127.0.0.1:8080";

const count = z.number().nonnegative();

const STREAM = z.object({
  stream: z.string(),
  state: z.string(),
  rate: count,
  age: z.number().optional(),
  counters: z.record(z.string(), count),
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
/** How one of its streams is. */
export type RunningStream = z.infer<typeof STREAM>;
/** Why its next row is not there; `has` is null before a stream's first sign of life. */
export type RunningBlocking = z.infer<typeof BLOCKING>;

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
    const reply = await this.#get("/api/status");
    const { success, data } = STATUS.safeParse(await reply.json().catch(() => undefined));
    if (!success) throw this.#stranger("/api/status");
    return data;
  }

  /** @throws {ConfigError} If nobody answers there, or somebody else. */
  async versions(): Promise<RunningVersions> {
    const reply = await this.#get("/api/versions");
    const { success, data } = VERSIONS.safeParse(await reply.json().catch(() => undefined));
    if (!success) throw this.#stranger("/api/versions");
    return data;
  }

  /** @throws {ConfigError} If nobody answers there, or it refuses, with its reason. */
  async post(path: string, body: object): Promise<void> {
    await this.#get(path, undefined, body);
  }

  /**
   * The frames of a stream as they come, until the signal aborts or the pipeline ends.
   *
   * @throws {ConfigError} If there is no such stream, nobody answers, or somebody else.
   */
  async *frames(stream: string, signal: AbortSignal): AsyncGenerator<EchoedLine, void, undefined> {
    const path = `/api/frames/${encodeURIComponent(stream)}`;
    const { body } = await this.#get(path, signal);
    if (body === null) return;
    let rest = "";
    try {
      for await (const text of body.pipeThrough(new TextDecoderStream())) {
        const lines = (rest + text).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) if (line !== "") yield this.#lineOf(line, path);
      }
    } catch (cause) {
      // Aborting is how a reader says that it has had enough; a cut connection ends the stream too.
      if (cause instanceof ConfigError) throw cause;
    }
  }

  #lineOf(line: string, path: string): EchoedLine {
    try {
      return FRAME.parse(JSON.parse(line));
    } catch (cause) {
      throw this.#stranger(path, cause);
    }
  }

  async #get(path: string, signal?: AbortSignal, body?: object): Promise<Response> {
    let reply: Response;
    try {
      reply = await fetch(new URL(path, this.url), {
        ...(signal !== undefined && { signal }),
        ...(body !== undefined && {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify(body),
        }),
      });
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
