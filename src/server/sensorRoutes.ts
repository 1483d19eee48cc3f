import type { FastifyInstance, FastifyReply } from "fastify";
import { z } from "zod";

import { SensoriumError } from "../errors.ts";
import type { AttachRequest, LiveFeed } from "./LiveFeed.ts";
import type { Guard } from "./strangerGuard.ts";

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
 *
 * @param guard Refuses pages that are not ours.
 */
export function addSensorRoutes(app: FastifyInstance, feed: LiveFeed, guard: Guard): void {
  const onThisMachine: Guard = async (request, reply) => {
    if (/^(127\.|::1$|::ffff:127\.)/.test(request.ip)) return;
    await reply.code(403).send({ error: "sensors are attached from the pipeline's own machine" });
  };
  const options = { preValidation: [guard, onThisMachine] };
  app.get("/api/sensors", options, async () => ({ sensors: feed.sensors?.() ?? [] }));
  app.get("/api/sensors/kinds", options, async () => ({ kinds: (await feed.kinds?.()) ?? [] }));
  app.post("/api/sensors", options, async (request, reply) => {
    const { success, data, error } = ATTACH.safeParse(request.body ?? {});
    if (!success) return reply.code(400).send({ error: z.prettifyError(error) });
    return answer(reply, feed.attach, data as AttachRequest);
  });
  app.delete<{ Params: { stream: string } }>(
    "/api/sensors/:stream",
    options,
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
