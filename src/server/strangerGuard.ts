import type { FastifyReply, FastifyRequest } from "fastify";

import { originAllowed } from "./originAllowed.ts";

/** A hook that answers a request with 403, or lets it pass. */
export type Guard = (request: FastifyRequest, reply: FastifyReply) => Promise<void>;

/**
 * Lets only programs and our own pages in.
 *
 * A browser sends no origin with a page's own requests, so a page whose name was re-bound to our address (DNS
 * rebinding) looks like a program: the host asked for decides, which has to be an address, `localhost`, or
 * named by whoever started us.
 *
 * @param onRefused Called for each request that is refused.
 */
export function strangerGuard(allowedHosts: readonly string[], onRefused: () => void): Guard {
  return async ({ headers: { origin, host } }, reply) => {
    if (originAllowed({ origin: origin ?? `http://${host}`, host }, allowedHosts)) return;
    onRefused();
    const error =
      origin === undefined
        ? `this server does not go by the name ${host}: use its address, or run it with --allow-host`
        : `pages of ${origin} may not ask ${host}`;
    await reply.code(403).send({ error });
  };
}
