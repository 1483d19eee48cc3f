import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";

import { SensoriumError } from "../errors.ts";
import type { AttachRequest, LiveFeed } from "./LiveFeed.ts";
import { originAllowed } from "./originAllowed.ts";

const ATTACH = z.strictObject({
  // A name of ours, never a module's path: whoever may ask is not asked what to run.
  kind: z
    .string()
    .regex(/^[a-z][A-Za-z0-9]*$/)
    .optional(),
  options: z.record(z.string(), z.unknown()).default({}),
  stream: z.union([z.string(), z.record(z.string(), z.unknown())]).optional(),
});

/**
 * Adds `/api/sensors`: GET lists the streams and who feeds them, POST attaches a sensor, DELETE of
 * `/api/sensors/STREAM` takes one away; GET of `/api/sensors/kinds` lists what can be attached.
 *
 * A sensor reads files and devices as we may, so only programs on this very machine and our own pages may ask;
 * others are refused with 403.
 */
export function addSensorRoutes(
  app: FastifyInstance,
  feed: LiveFeed,
  allowedHosts: readonly string[],
): void {
  const guard = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const { origin = `http://${request.headers.host}`, host } = request.headers;
    const isHere = /^(127\.|::1$|::ffff:127\.)/.test(request.ip);
    if (isHere && originAllowed({ origin, host }, allowedHosts)) return;
    await reply.code(403).send({
      error: "sensors are attached from the pipeline's own machine, by nobody else's page",
    });
  };
  app.get("/api/sensors", { preHandler: guard }, async () => ({ sensors: feed.sensors?.() ?? [] }));
  app.get("/api/sensors/kinds", { preHandler: guard }, async () => ({
    kinds: (await feed.kinds?.()) ?? [],
  }));
  app.post("/api/sensors", { preHandler: guard }, async (request, reply) => {
    const { success, data, error } = ATTACH.safeParse(request.body ?? {});
    if (!success) return reply.code(400).send({ error: z.prettifyError(error) });
    return answer(reply, feed.attach, data as AttachRequest);
  });
  app.delete<{ Params: { stream: string } }>(
    "/api/sensors/:stream",
    { preHandler: guard },
    async (request, reply) => answer(reply, feed.detach, request.params.stream),
  );
}

async function answer<T>(
  reply: FastifyReply,
  act: ((asked: T) => Promise<string>) | undefined,
  asked: T,
): Promise<unknown> {
  if (act === undefined) return reply.code(404).send({ error: "this feed takes no sensors" });
  try {
    return { stream: await act(asked) };
  } catch (cause) {
    if (!(cause instanceof SensoriumError)) throw cause;
    return reply.code(400).send({ error: cause.message });
  }
}
