import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";

import { micros } from "../units.ts";
import type { LiveFeed } from "./LiveFeed.ts";
import { originAllowed } from "./originAllowed.ts";

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
 * Pages of other origins are refused with 403, like everywhere.
 *
 * @param onRefused Called for each such page.
 */
export function addLearningRoutes(
  app: FastifyInstance,
  feed: LiveFeed,
  allowedHosts: readonly string[],
  onRefused: () => void,
): void {
  const { learning } = feed;
  const guard = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const { origin, host } = request.headers;
    // Without an origin it may still be a page whose name was re-bound to us: the host decides.
    if (originAllowed({ origin: origin ?? `http://${host}`, host }, allowedHosts)) return;
    onRefused();
    await reply.code(403).send({ error: `pages of ${origin ?? host} may not do that` });
  };
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
