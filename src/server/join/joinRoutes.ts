import files from "@fastify/static";
import type { FastifyInstance } from "fastify";

import { dashboardFolder } from "../dashboardFolder.ts";
import { JOIN_SOCKET_PATH } from "../joinProtocol.ts";
import { originAllowed } from "../originAllowed.ts";
import type { SocketWatch } from "../SocketWatch.ts";
import type { JoinDesk } from "./JoinDesk.ts";
import { type JoinCounters, JoinSession } from "./JoinSession.ts";
import { tokenMatches } from "./tokenMatches.ts";

/** What the routes of pages that sense share with the server. */
export interface JoinRoutesOptions {
  /** Counted up as pages come and go. */
  readonly counters: JoinCounters;
  /** Cuts off pages that have vanished. Borrowed. */
  readonly watch: SocketWatch;
  /** Names under which browsers may reach the server. */
  readonly allowedHosts: readonly string[];
}

/** Adds the page that senses, at `/join/`, and its WebSocket, for those who show the desk's token. */
export async function addJoinRoutes(
  app: FastifyInstance,
  desk: JoinDesk,
  { counters, watch, allowedHosts }: JoinRoutesOptions,
): Promise<void> {
  app.route<{ Querystring: { token?: string } }>({
    method: "GET",
    url: JOIN_SOCKET_PATH,
    preValidation: async (request, reply) => {
      const { origin, host } = request.headers;
      const isOurs = originAllowed({ origin, host }, allowedHosts);
      if (isOurs && tokenMatches(String(request.query.token ?? ""), desk.token)) return;
      counters.refused += 1;
      await reply.code(403).send({ error: "this address needs the token of the join link" });
    },
    handler: async (_request, reply) => {
      await reply.code(426).send({ error: "this address speaks WebSocket" });
    },
    wsHandler: (socket) => {
      watch.add(socket);
      new JoinSession(socket, desk, counters);
    },
  });
  const root = dashboardFolder(desk.page, "join");
  if (root === undefined) return;
  const served = { root, prefix: "/join/", index: ["index.html"], maxAge: 0 };
  await app.register(files, { ...served, decorateReply: false });
}
