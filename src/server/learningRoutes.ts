import type { FastifyInstance, FastifyReply } from "fastify";
import { z } from "zod";

import { micros } from "../units.ts";
import type { LiveFeed } from "./LiveFeed.ts";
import type { Guard } from "./strangerGuard.ts";

const NAME = z.string().min(1).max(256);
const TIME = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER);

const LABEL = z
  .strictObject({
    label: NAME,
    /** µs since the Unix epoch, on the pipeline's clock. */
    from: TIME,
    to: TIME,
    by: NAME.default("api"),
    slot: z.string().max(256).default(""),
  })
  .refine(({ from, to }) => from < to, "expected from < to");

const CHOICE = z.strictObject({ version: NAME, by: NAME.default("api") });
const BACK = z.strictObject({ to: NAME.optional(), by: NAME.default("api") });
const SIGNED = z.strictObject({ by: NAME.default("api") });

/**
 * Adds the addresses by which people teach a pipeline and choose what serves, where the feed takes part:
 *
 * - `POST /api/labels`: something happened, from when to when
 * - `GET /api/versions`: which versions there are, what serves and why, how the learning goes
 * - `POST /api/versions/pin`, `/unpin`, `/rollback`
 *
 * Bodies are JSON; what is none is answered with 400 and what was expected, what cannot be done with 409.
 *
 * @param guard Refuses pages that are not ours.
 */
export function addLearningRoutes(app: FastifyInstance, feed: LiveFeed, guard: Guard): void {
  const { learning } = feed;
  const options = { preValidation: guard };
  const absent = (reply: FastifyReply) =>
    reply.code(404).send({ error: "this feed has no versions and takes no labels" });
  app.get("/api/versions", options, async (_request, reply) =>
    learning === undefined ? absent(reply) : learning.versions(),
  );
  const post = <T>(
    path: string,
    schema: z.ZodType<T>,
    act: (body: T) => string | undefined,
  ): void => {
    app.post(path, options, async (request, reply) => {
      if (learning === undefined) return absent(reply);
      const { success, data, error } = schema.safeParse(request.body ?? {});
      if (!success) {
        const problems = error.issues.map(
          ({ path: at, message }) => `${at.length === 0 ? "body" : at.join(".")}: ${message}`,
        );
        return reply.code(400).send({ error: problems.join("; ") });
      }
      const refusal = act(data);
      if (refusal !== undefined) return reply.code(409).send({ error: refusal });
      return { ok: true };
    });
  };
  post("/api/labels", LABEL, ({ from, to, ...label }) =>
    learning?.label({ ...label, from: micros(from), to: micros(to) }),
  );
  post("/api/versions/pin", CHOICE, ({ version, by }) => learning?.pin(version, by));
  post("/api/versions/unpin", SIGNED, ({ by }) => learning?.unpin(by));
  post("/api/versions/rollback", BACK, ({ by, to }) => learning?.rollback(by, to));
}
