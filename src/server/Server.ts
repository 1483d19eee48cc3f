import type { AddressInfo } from "node:net";

import helmet from "@fastify/helmet";
import files from "@fastify/static";
import sockets, { type WebSocket } from "@fastify/websocket";
import fastify, { type FastifyInstance } from "fastify";
import type { Subscription } from "rxjs";

import type { Clock } from "../clock/Clock.ts";
import { ConfigError } from "../errors.ts";
import { bytes, type Micros, micros, seconds } from "../units.ts";
import { bindProblem } from "./bindProblem.ts";
import { ClientLane, type LaneLimits } from "./ClientLane.ts";
import { dashboardFolder, HOW_TO_BUILD } from "./dashboardFolder.ts";
import { FOXGLOVE_PATH, FOXGLOVE_PROTOCOLS, FoxgloveBridge } from "./foxglove/FoxgloveBridge.ts";
import { frameLines } from "./frameLines.ts";
import { History } from "./History.ts";
import type { JoinDesk } from "./join/JoinDesk.ts";
import type { JoinCounters } from "./join/JoinSession.ts";
import { addJoinRoutes } from "./join/joinRoutes.ts";
import type { LiveFeed } from "./LiveFeed.ts";
import { addLearningRoutes } from "./learningRoutes.ts";
import { originAllowed } from "./originAllowed.ts";
import { decodeClientMessage, encodeMessage, type ServerMessage, SOCKET_PATH } from "./protocol.ts";
import { recordLines } from "./recordLines.ts";
import { SocketWatch } from "./SocketWatch.ts";
import { addSensorRoutes } from "./sensorRoutes.ts";
import { strangerGuard } from "./strangerGuard.ts";

/** How a server is started. */
export interface ServerOptions {
  /** Answers pings and times slow clients. */
  readonly clock: Clock;
  /** Address to bind; only this machine by default. */
  readonly host?: string;
  /** Port to bind; 0 takes any free one. */
  readonly port?: number;
  /** Names, besides addresses and `localhost`, under which browsers may reach this server. */
  readonly allowedHosts?: readonly string[];
  /** Lets pages that sense in to the pipeline, those that show its token; nobody unless given. */
  readonly join?: JoinDesk;
  /** Certificate and key in PEM, to speak https: phones sense only for pages that came that way. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** Origins of pages elsewhere that may look on by Foxglove's protocol: `https://app.foxglove.dev`. */
  readonly viewerOrigins?: readonly string[];
  /** Folder of the built dashboard; found by itself when absent. */
  readonly dashboard?: string;
  /** How much a client that connects is told of the past; 20 s unless given, or 80 rows if that is more. */
  readonly history?: Micros;
  /** When a client is slow, and when lost. */
  readonly lanes?: LaneLimits;
  /**
   * How often clients are pinged, in µs: dashboards and viewers every 15 s, pages that sense every 5 s unless given.
   * One that says nothing from one ping to the next is cut off (`SocketWatch`).
   */
  readonly pingEvery?: Micros;
}

/** What happened at the server's door, counted since the start. */
export interface ServerCounters {
  /** Connected now. */
  clients: number;
  /** Messages that arrived on the feed. */
  messages: number;
  /** Rows that slow clients were not sent. */
  skippedRows: number;
  /** Clients that were closed because they did not keep up. */
  slowClients: number;
  /** Frames from clients that were no messages of ours. */
  malformed: number;
  /** Connections and requests from pages that are not ours. */
  refusedOrigins: number;
}

/** The largest message of any kind of client: some pictures of one that senses. */
const MAX_PAYLOAD = 4 * 1024 * 1024;
/** A dashboard's messages are a few dozen bytes; whatever is larger is none. */
const MAX_COMMAND = 16 * 1024;
/** Under many middleboxes' idle limit of 30 s; the browser answers by itself. */
const PING_EVERY = seconds(15);
/** A page that has vanished seems to sense that nothing happens: that is not to go on for long. */
const PING_PAGES_EVERY = seconds(5);
const CHECK_MS = 250;

const LANES: LaneLimits = {
  highWaterMark: bytes(256 * 1024),
  limit: bytes(8 * 1024 * 1024),
  patience: seconds(10),
};

interface Client {
  readonly socket: WebSocket;
  readonly lane: ClientLane;
  complainedOf: boolean;
}

/**
 * Serves one live feed to any number of browsers: the dashboard's files, and its messages by WebSocket.
 *
 * Key behaviours:
 * - A client gets `hello`, then the last seconds (`History`), then everything as it happens. Each
 *   message is encoded once for all clients.
 * - A slow client is dealt with by its own lane (`ClientLane`); nobody else notices.
 * - A frame that is no message is counted and ignored; the first one of a client is answered with a
 *   `problem` that says what was wrong with it.
 * - Foxglove and Lichtblick look on at `/foxglove` (`FoxgloveBridge`).
 * - Where `join` is given, `/join/` is a page that senses, with the token as its fragment (`JoinSession`).
 * - `/api/sensors` lists, attaches and takes away sensors, for programs on this machine (`addSensorRoutes`).
 * - Pages of other origins, and under names that are not ours, are refused with 403 by all but the files and
 *   `/health`. Bound to this machine alone unless told otherwise.
 * - Labels and choices of what serves come in at `/api/labels` and `/api/versions` (`addLearningRoutes`).
 * - `/health` says whether it runs, `/api/status` how, both as JSON; `/api/frames/STREAM` gives a stream's
 *   frames as lines of JSON (`frameLines`).
 * - Whoever starts it disposes it: clients are closed with 1001, then the port is freed. Idempotent.
 */
export class Server implements AsyncDisposable {
  readonly #feed: LiveFeed;
  readonly #clock: Clock;
  readonly #limits: LaneLimits;
  readonly #app: FastifyInstance;
  readonly #scheme: "http" | "https";
  readonly #history: History;
  readonly #foxglove: FoxgloveBridge;
  readonly #clients = new Set<Client>();
  readonly #counters: ServerCounters = {
    clients: 0,
    messages: 0,
    skippedRows: 0,
    slowClients: 0,
    malformed: 0,
    refusedOrigins: 0,
  };
  readonly #watch: SocketWatch;
  readonly #pagesWatch: SocketWatch;
  readonly #pages: JoinCounters = { pages: 0, frames: 0, dropped: 0, malformed: 0, refused: 0 };
  #check: NodeJS.Timeout | undefined;
  #subscription: Subscription | undefined;
  #closing: Promise<void> | undefined;

  private constructor(feed: LiveFeed, options: ServerOptions) {
    this.#feed = feed;
    this.#clock = options.clock;
    this.#limits = options.lanes ?? LANES;
    const usual = micros(Math.max(seconds(20), 80 * feed.hello().period));
    this.#history = new History({ span: options.history ?? usual, pictureEvery: 3 });
    // Before anybody else: what a feed says as it is listened to first, it says once.
    this.#follow();
    this.#foxglove = new FoxgloveBridge(feed);
    this.#watch = new SocketWatch(options.pingEvery ?? PING_EVERY);
    this.#pagesWatch = new SocketWatch(options.pingEvery ?? PING_PAGES_EVERY);
    this.#scheme = options.tls === undefined ? "http" : "https";
    const https = options.tls === undefined ? {} : { https: { ...options.tls } };
    // One type for both: nothing here depends on which of the two it is.
    this.#app = fastify({ forceCloseConnections: true, ...https }) as unknown as FastifyInstance;
  }

  /**
   * Starts to listen.
   *
   * @throws {ConfigError} If the address cannot be bound, with how to choose another.
   */
  static async start(feed: LiveFeed, options: ServerOptions): Promise<Server> {
    const server = new Server(feed, options);
    await server.#routes(dashboardFolder(options.dashboard), options);
    const { host = "127.0.0.1", port = 8_080 } = options;
    try {
      await server.#app.listen({ host, port });
    } catch (cause) {
      await server[Symbol.asyncDispose]();
      throw new ConfigError("dashboard", bindProblem({ host, port }, cause), { cause });
    }
    return server;
  }

  /** Where a browser on this machine finds the dashboard, with a slash at the end. */
  get url(): string {
    const { address, port, family } = this.#app.server.address() as AddressInfo;
    const anywhere = address === "0.0.0.0" || address === "::";
    const host = anywhere ? "localhost" : family === "IPv6" ? `[${address}]` : address;
    return `${this.#scheme}://${host}:${port}/`;
  }

  /** What happened so far, as of now. */
  get counters(): Readonly<ServerCounters> {
    let { skippedRows, slowClients } = this.#counters;
    for (const { lane } of this.#clients) {
      skippedRows += lane.skipped;
      if (lane.closed) slowClients += 1;
    }
    return { ...this.#counters, clients: this.#clients.size, skippedRows, slowClients };
  }

  /** What pages that sense did so far. */
  get pages(): Readonly<JoinCounters> {
    return { ...this.#pages };
  }

  /** Sends everybody away and frees the port. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close();
    await this.#closing;
  }

  async #close(): Promise<void> {
    this.#subscription?.unsubscribe();
    this.#foxglove[Symbol.dispose]();
    clearInterval(this.#check);
    this.#watch[Symbol.dispose]();
    this.#pagesWatch[Symbol.dispose]();
    for (const { socket } of this.#clients) socket.close(1001, "server is stopping");
    await this.#app.close();
  }

  async #routes(dashboard: string | undefined, options: ServerOptions): Promise<void> {
    const { allowedHosts = [], viewerOrigins = [] } = options;
    const app = this.#app;
    await app.register(helmet, {
      contentSecurityPolicy: {
        useDefaults: false,
        directives: {
          defaultSrc: ["'self'"],
          // 'self' covers ws: of the same host and port in every current browser.
          connectSrc: ["'self'"],
          imgSrc: ["'self'", "data:"],
          objectSrc: ["'none'"],
          baseUri: ["'none'"],
          formAction: ["'none'"],
          frameAncestors: ["'none'"],
        },
      },
      // We speak plain http on a local address: promising https would lock browsers out.
      hsts: false,
      crossOriginOpenerPolicy: false,
      originAgentCluster: false,
    });
    await app.register(sockets, {
      // Deflate costs 500 ms and more at the 99th percentile under load (measured); rows are dense.
      options: {
        maxPayload: MAX_PAYLOAD,
        perMessageDeflate: false,
        handleProtocols: (offered) => FOXGLOVE_PROTOCOLS.find((name) => offered.has(name)) ?? false,
      },
    });
    const guard = strangerGuard(allowedHosts, () => {
      this.#counters.refusedOrigins += 1;
    });
    const ours = { preValidation: guard };
    app.get("/health", async () => ({ ok: true }));
    app.get("/api/status", ours, async () => ({
      hello: this.#feed.hello(),
      ...this.#history.state(),
      blocking: this.#feed.blocking?.(),
      server: this.counters,
      pages: this.pages,
    }));
    app.get("/api/records", ours, async (_request, reply) => {
      const log = this.#feed.log?.();
      if (log === undefined) return reply.code(404).send({ error: "there is no log to record" });
      return reply.type("application/x-ndjson").send(recordLines(log));
    });
    app.get<{ Params: { stream: string } }>("/api/frames/:stream", ours, async (request, reply) => {
      const { stream } = request.params;
      const chunks = this.#feed.frames?.(stream);
      if (chunks === undefined)
        return reply.code(404).send({ error: `there is no stream ${stream} to listen to` });
      return reply.type("application/x-ndjson").send(frameLines(chunks));
    });
    addSensorRoutes(app, this.#feed, guard);
    addLearningRoutes(app, this.#feed, guard);
    this.#socketRoute(SOCKET_PATH, allowedHosts, [], (socket) => this.#welcome(socket));
    this.#socketRoute(FOXGLOVE_PATH, allowedHosts, viewerOrigins, (socket, name) =>
      this.#foxglove.welcome(socket, name),
    );
    if (options.join !== undefined)
      await addJoinRoutes(app, options.join, {
        counters: this.#pages,
        watch: this.#pagesWatch,
        allowedHosts,
      });
    if (dashboard === undefined)
      app.get("/", async (_request, reply) =>
        reply.code(503).type("text/plain").send(HOW_TO_BUILD),
      );
    else await app.register(files, { root: dashboard, index: ["index.html"], maxAge: 0 });
  }

  /** A WebSocket for our own pages, for programs, and for pages of `strangers`. */
  #socketRoute(
    url: string,
    allowedHosts: readonly string[],
    strangers: readonly string[],
    welcome: (socket: WebSocket, name: string) => void,
  ): void {
    this.#app.route({
      method: "GET",
      url,
      preValidation: async (request, reply) => {
        const { origin, host } = request.headers;
        if (originAllowed({ origin, host }, allowedHosts)) return;
        if (origin !== undefined && strangers.includes(origin)) return;
        this.#counters.refusedOrigins += 1;
        await reply.code(403).send({ error: `pages of ${origin} may not connect to ${host}` });
      },
      handler: async (_request, reply) => {
        await reply.code(426).send({ error: "this address speaks WebSocket" });
      },
      wsHandler: (socket, request) => {
        this.#watch.add(socket);
        welcome(socket, request.ip);
      },
    });
  }

  #follow(): void {
    this.#subscription = this.#feed.messages.subscribe({
      next: (message) => this.#publish(message),
      error: (cause: unknown) =>
        this.#publish({
          kind: "status",
          state: "failed",
          text: `The pipeline stopped: ${cause instanceof Error ? cause.message : String(cause)}`,
          blocking: [],
        }),
      complete: () =>
        this.#publish({
          kind: "status",
          state: "ended",
          text: "The pipeline has ended. What you see is how it ended.",
          blocking: [],
        }),
    });
    this.#check = setInterval(() => {
      const now = this.#clock.now();
      for (const { lane } of this.#clients) lane.check(now);
    }, CHECK_MS).unref();
  }

  #publish(message: ServerMessage): void {
    this.#counters.messages += 1;
    this.#history.push(message);
    if (this.#clients.size === 0) return;
    const frame = encodeMessage(message);
    const rows = message.kind === "rows" ? message.rows.length : 0;
    const now = this.#clock.now();
    for (const { lane } of this.#clients) lane.send(message.kind, frame, rows, now);
  }

  #welcome(socket: WebSocket): void {
    const lane = new ClientLane(socket, this.#limits, (rows) =>
      encodeMessage({ kind: "skipped", rows }),
    );
    const client: Client = { socket, lane, complainedOf: false };
    socket.on("message", (data: Buffer, isBinary: boolean) => {
      if (data.byteLength <= MAX_COMMAND) this.#hear(client, data, isBinary);
      else {
        this.#counters.malformed += 1;
        socket.close(1009, "message too large");
      }
    });
    // A frame above maxPayload or broken framing: ws closes the connection itself after this.
    socket.on("error", () => {
      this.#counters.malformed += 1;
    });
    socket.on("close", () => {
      this.#clients.delete(client);
      this.#counters.skippedRows += lane.skipped;
      if (lane.closed) this.#counters.slowClients += 1;
    });
    this.#clients.add(client);
    this.#tell(client, this.#feed.hello());
    for (const message of this.#history.snapshot()) this.#tell(client, message);
  }

  #hear(client: Client, data: Buffer, isBinary: boolean): void {
    const { message, problem } = isBinary
      ? decodeClientMessage(data)
      : { message: undefined, problem: "message: expected a binary frame, got text" };
    if (message === undefined) {
      this.#counters.malformed += 1;
      if (!client.complainedOf) this.#tell(client, { kind: "problem", text: problem });
      client.complainedOf = true;
      return;
    }
    if (message.kind === "ping") {
      this.#tell(client, { kind: "pong", id: message.id, time: this.#clock.now() });
      return;
    }
    const refusal = this.#feed.command(message);
    if (refusal !== undefined)
      this.#tell(client, { kind: "problem", text: refusal, stream: message.stream });
  }

  #tell({ lane }: Client, message: ServerMessage): void {
    lane.send(message.kind, encodeMessage(message), 0, this.#clock.now());
  }
}
