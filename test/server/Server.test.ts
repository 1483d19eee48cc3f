import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { get } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { concat, NEVER, of, share } from "rxjs";
import { describe, expect, it, vi } from "vitest";
import { WebSocket } from "ws";

import { SystemClock } from "../../src/clock/SystemClock.ts";
import { ConfigError } from "../../src/errors.ts";
import type { HelloMessage, Row, StreamsMessage } from "../../src/server/protocol.ts";
import { Server, type ServerOptions } from "../../src/server/Server.ts";
import { bytes, micros, millis, seconds } from "../../src/units.ts";
import { SubjectFeed } from "../support/SubjectFeed.ts";
import { SERVER_MESSAGES, START } from "../support/sampleMessages.ts";
import { TestClient } from "../support/TestClient.ts";

const clock = new SystemClock();

function start(feed = new SubjectFeed(), options: Partial<ServerOptions> = {}): Promise<Server> {
  return Server.start(feed, { clock, port: 0, ...options });
}

function rowAt(index: number, view?: Uint8Array): Row {
  return {
    time: micros(START + index * 40_000),
    fused: [{ class: 0, probability: 1 }],
    streams: { video: { presence: "real", ...(view && { view }) } },
    subsets: [],
  };
}

const streams: StreamsMessage = {
  kind: "streams",
  time: START,
  streams: [{ stream: "audio", state: "idle", rate: 0, counters: {}, pluggable: true }],
};

describe("Server", () => {
  it("says hello, then the last seconds, then what happens", async () => {
    const feed = new SubjectFeed();
    await using server = await start(feed);
    feed.messages.next({ kind: "rows", rows: [rowAt(0), rowAt(1)] });
    feed.messages.next(streams);
    await using client = await TestClient.connect(server.url);
    await client.hear("rows");
    feed.messages.next({ kind: "rows", rows: [rowAt(2)] });
    await client.hear("rows", ({ rows }) => rows.length === 1);
    expect(client.received.map(({ kind }) => kind)).toEqual(["hello", "streams", "rows", "rows"]);
  });

  it("tells a late client what the feed said as it was first listened to", async () => {
    const feed = new SubjectFeed();
    const text = "The sensors are starting.";
    const status = { kind: "status", state: "starting", text, blocking: [] } as const;
    const messages = concat(of(status), NEVER).pipe(share());
    const hello = (): HelloMessage => feed.hello();
    await using server = await Server.start(
      { hello, messages, command: () => undefined },
      { clock, port: 0 },
    );
    await using client = await TestClient.connect(server.url);
    expect(await client.hear("status")).toEqual(status);
  });

  it("sends every kind of message to every client", async () => {
    const feed = new SubjectFeed();
    await using server = await start(feed);
    await using one = await TestClient.connect(server.url);
    await using two = await TestClient.connect(server.url);
    await Promise.all([one.hear("hello"), two.hear("hello")]);
    for (const message of SERVER_MESSAGES) feed.messages.next(message);
    for (const client of [one, two]) {
      await client.hear("skipped");
      expect(client.received.slice(1).map(({ kind }) => kind)).toEqual(
        SERVER_MESSAGES.map(({ kind }) => kind),
      );
    }
  });

  it("hands commands to the feed, answers pings, and passes a refusal on", async () => {
    const feed = new SubjectFeed();
    await using server = await start(feed);
    await using client = await TestClient.connect(server.url);
    client.say({ kind: "unplug", stream: "audio" });
    client.say({ kind: "ping", id: 41 });
    const { time } = await client.hear("pong", ({ id }) => id === 41);
    expect(feed.commands).toEqual([{ kind: "unplug", stream: "audio" }]);
    expect(Math.abs(clock.now() - time)).toBeLessThan(seconds(5));
    feed.refusal = "nothing called tilt can be unplugged";
    client.say({ kind: "unplug", stream: "tilt" });
    expect(await client.hear("problem")).toEqual({
      kind: "problem",
      text: feed.refusal,
      stream: "tilt",
    });
  });

  it("counts and ignores what is no message, says why once, and goes on", async () => {
    const feed = new SubjectFeed();
    await using server = await start(feed);
    await using client = await TestClient.connect(server.url);
    client.socket.send(new Uint8Array([0xc1, 1, 2]));
    client.socket.send("unplug audio, please");
    client.socket.send(new Uint8Array(100));
    client.say({ kind: "ping", id: 1 });
    await client.hear("pong");
    expect(server.counters.malformed).toBe(3);
    expect(feed.commands).toEqual([]);
    expect(client.received.filter(({ kind }) => kind === "problem")).toEqual([
      { kind: "problem", text: expect.stringMatching(/^message: expected/) },
    ]);
  });

  it("closes a client that sends far more than any message has", async () => {
    await using server = await start();
    await using client = await TestClient.connect(server.url);
    client.socket.send(new Uint8Array(100_000));
    expect(await client.closed).toBe(1009);
    expect(server.counters.malformed).toBe(1);
  });

  it("refuses pages of other origins before they are connected", async () => {
    await using server = await start();
    const socket = new WebSocket(`${server.url.replace("http", "ws")}live`, {
      headers: { origin: "https://evil.example" },
    });
    const problem = await new Promise<Error>((resolve) => socket.once("error", resolve));
    expect(problem.message).toContain("403");
    expect(server.counters.refusedOrigins).toBe(1);
    await using own = await TestClient.connect(server.url, {
      headers: { origin: server.url.slice(0, -1) },
    });
    await own.hear("hello");
  });

  it.each(["status", "records", "frames/audio", "sensors", "versions"])(
    "tells /api/%s to no page whose name was re-bound to its address",
    async (path) => {
      await using server = await start();
      const { port } = new URL(server.url);
      const status = await new Promise((resolve) =>
        get({ port, path: `/api/${path}`, headers: { host: `evil.example:${port}` } }, (response) =>
          resolve(response.resume().statusCode),
        ),
      );
      expect(status).toBe(403);
      expect(server.counters.refusedOrigins).toBe(1);
    },
  );

  it("skips rows for a client that stops reading, closes it with 1013, and keeps the others", async () => {
    const feed = new SubjectFeed();
    await using server = await start(feed, {
      lanes: { highWaterMark: bytes(256 * 1024), limit: bytes(64 << 20), patience: millis(2_000) },
    });
    await using slow = await TestClient.connect(server.url);
    await using quick = await TestClient.connect(server.url);
    await Promise.all([slow.hear("hello"), quick.hear("hello")]);
    slow.socket.pause();
    const view = new Uint8Array(200_000);
    let sent = 0;
    while (server.counters.slowClients === 0) {
      feed.messages.next({ kind: "rows", rows: [rowAt(sent, view)] });
      const time = micros(START + sent * 40_000);
      sent += 1;
      await quick.hear("rows", ({ rows }) => rows[0]?.time === time);
    }
    const { skippedRows } = server.counters;
    expect(skippedRows).toBeGreaterThan(0);
    expect(quick.received.filter(({ kind }) => kind === "rows")).toHaveLength(sent);
    slow.socket.resume();
    expect(await slow.closed).toBe(1013);
    expect(slow.received.filter(({ kind }) => kind === "rows").length).toBeLessThan(sent);
    // What is counted stays counted once the client and its lane are gone.
    await expect.poll(() => server.counters.clients).toBe(1);
    expect(server.counters).toMatchObject({ skippedRows, slowClients: 1 });
  });

  it("says of a port that is taken which it is, and how to choose another", async () => {
    await using first = await start();
    const port = Number(new URL(first.url).port);
    await expect(start(new SubjectFeed(), { port })).rejects.toThrow(
      `dashboard: expected a free port, got ${port}, where another program listens ` +
        `(127.0.0.1:${port}): choose another with --port, 0 for any`,
    );
  });

  it("says of an address that is none of this machine's how to choose another", async () => {
    // TEST-NET-1 of RFC 5737: nobody's.
    await expect(start(new SubjectFeed(), { host: "192.0.2.1" })).rejects.toThrow(
      "dashboard: expected an address of this machine, got 192.0.2.1: choose another with --host",
    );
  });

  it("cuts off a client that leaves a ping unanswered, and no other", async () => {
    await using server = await start(new SubjectFeed(), { pingEvery: millis(30) });
    await using dead = await TestClient.connect(server.url, { autoPong: false });
    await using alive = await TestClient.connect(server.url);
    expect(await dead.closed).toBe(1006);
    alive.say({ kind: "ping", id: 1 });
    await alive.hear("pong");
    expect(server.counters.clients).toBe(1);
  });

  it("tells clients that the pipeline has ended, or how it failed", async () => {
    const feed = new SubjectFeed();
    await using server = await start(feed);
    await using client = await TestClient.connect(server.url);
    await client.hear("hello");
    feed.messages.error(new Error("the camera caught fire"));
    const { state, text } = await client.hear("status");
    expect([state, text]).toEqual(["failed", "The pipeline stopped: the camera caught fire"]);
    await using late = await TestClient.connect(server.url);
    expect((await late.hear("status")).state).toBe("failed");
  });

  it("says how it is as JSON", async () => {
    const feed = new SubjectFeed();
    await using server = await start(feed);
    feed.messages.next(streams);
    const health = await fetch(`${server.url}health`);
    expect(await health.json()).toEqual({ ok: true });
    const status = await fetch(`${server.url}api/status`);
    expect(await status.json()).toMatchObject({
      hello: { pipeline: "talking-face" },
      streams: { streams: [{ stream: "audio", state: "idle" }] },
      server: { clients: 0, messages: 1, malformed: 0 },
    });
  });

  it("serves the dashboard with a policy that allows nothing from elsewhere", async () => {
    const folder = await mkdtemp(join(tmpdir(), "dashboard-"));
    try {
      await writeFile(join(folder, "index.html"), "<title>built</title>");
      await mkdir(join(folder, "assets"));
      await using server = await start(new SubjectFeed(), { dashboard: folder });
      const page = await fetch(server.url);
      expect(await page.text()).toBe("<title>built</title>");
      const policy = page.headers.get("content-security-policy") ?? "";
      expect(policy).toContain("default-src 'self'");
      expect(policy).not.toMatch(/unsafe|upgrade-insecure-requests/);
      expect(page.headers.has("strict-transport-security")).toBe(false);
      expect((await fetch(`${server.url}..%2fpackage.json`)).status).toBe(404);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("says how to build the dashboard when there is none", async () => {
    const folder = await mkdtemp(join(tmpdir(), "dashboard-"));
    try {
      await using server = await start(new SubjectFeed(), { dashboard: folder });
      const page = await fetch(server.url);
      expect([page.status, await page.text()]).toEqual([503, expect.stringContaining("npm run")]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("sends its clients away when it is disposed, frees the port, and can be disposed twice", async () => {
    const feed = new SubjectFeed();
    const server = await start(feed);
    const port = Number(new URL(server.url).port);
    await using client = await TestClient.connect(server.url);
    await client.hear("hello");
    await Promise.all([server[Symbol.asyncDispose](), server[Symbol.asyncDispose]()]);
    expect(await client.closed).toBe(1001);
    expect(feed.messages.observed).toBe(false);
    await using again = await start(feed, { port });
    expect(Number(new URL(again.url).port)).toBe(port);
  });

  it("says which port is taken", async () => {
    await using server = await start();
    const port = Number(new URL(server.url).port);
    await expect(start(new SubjectFeed(), { port })).rejects.toThrow(ConfigError);
    await expect(start(new SubjectFeed(), { port })).rejects.toThrow(`127.0.0.1:${port}`);
  });

  it("leaves no timer behind where its port is taken, which would keep its process from ending", async () => {
    await using server = await start();
    const port = Number(new URL(server.url).port);
    const [set, cleared] = [
      vi.spyOn(globalThis, "setInterval"),
      vi.spyOn(globalThis, "clearInterval"),
    ];
    await expect(start(new SubjectFeed(), { port })).rejects.toThrow(ConfigError);
    const timers = set.mock.results.map(({ value }) => value);
    expect(timers.length).toBeGreaterThan(0);
    expect(cleared.mock.calls.map(([timer]) => timer)).toEqual(expect.arrayContaining(timers));
    vi.restoreAllMocks();
  });
});
