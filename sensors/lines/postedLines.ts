import { createHash, timingSafeEqual } from "node:crypto";
import { PassThrough, type Readable } from "node:stream";

import sockets from "@fastify/websocket";
import fastify from "fastify";

import { SensorError } from "../../src/sensing.ts";

/** The longest body or message that is taken. */
const LONGEST = 1024 * 1024;
/** Text that may wait to be read before whoever posts is told to come again later. */
const MOST_WAITING = 4 * 1024 * 1024;

/** Where lines are taken by HTTP and WebSocket. */
export interface PostedLinesOptions {
  readonly host: string;
  readonly port: number;
  /** What whoever posts must show, as `Authorization: Bearer` or `?token=`; nothing unless given. */
  readonly token?: string;
  readonly signal: AbortSignal;
}

/**
 * Lines that others post: the body of each `POST /`, and each message of a WebSocket at `/`, is one or more of them.
 *
 * Answers 204 when they are taken, 401 without the token, 403 to pages from elsewhere without one, 413 when they are
 * too long, 503 while more waits than can be read.
 *
 * @throws {SensorError} If the port cannot be had.
 */
export async function postedLines({
  host,
  port,
  token,
  signal,
}: PostedLinesOptions): Promise<Readable> {
  const lines = new PassThrough();
  const app = fastify({ bodyLimit: LONGEST, forceCloseConnections: true });
  // Whatever it calls itself, it is text.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "string" }, (_request, body, done) => done(null, body));
  await app.register(sockets, { options: { maxPayload: LONGEST, perMessageDeflate: false } });
  const take = (text: string): boolean => {
    if (lines.writableLength > MOST_WAITING) return false;
    lines.write(text.endsWith("\n") ? text : `${text}\n`);
    return true;
  };
  app.addHook("onRequest", async (request, reply) => {
    const { authorization = "", origin } = request.headers;
    const { token: asked } = request.query as { readonly token?: string };
    const shown = authorization.startsWith("Bearer ") ? authorization.slice(7) : (asked ?? "");
    if (token !== undefined && !same(shown, token))
      return reply.code(401).send("expected the token as Authorization: Bearer or ?token=\n");
    // A page that a person just looks at must not speak for them.
    if (token === undefined && origin !== undefined)
      return reply.code(403).send("expected a token of a page: give the sensor option token\n");
    return undefined;
  });
  app.route({
    method: "GET",
    url: "/",
    handler: async (_request, reply) => reply.code(426).send("expected POST or a WebSocket\n"),
    wsHandler: (socket) => {
      socket.on("message", (data: Buffer) => {
        if (!take(data.toString("utf8"))) socket.close(1013, "too much waits, come again later");
      });
      socket.on("error", () => {});
    },
  });
  app.post("/", async (request, reply) =>
    take(String(request.body ?? ""))
      ? reply.code(204).send()
      : reply.code(503).send("too much waits, come again later\n"),
  );
  try {
    await app.listen({ host, port });
  } catch (cause) {
    await app.close();
    throw new SensorError(`listen:${host}:${port}`, `expected a free port, got ${String(cause)}`, {
      cause,
    });
  }
  const close = (): void => void app.close();
  signal.addEventListener("abort", close, { once: true });
  lines.once("close", close);
  return lines;
}

function same(shown: string, right: string): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(shown), digest(right));
}
