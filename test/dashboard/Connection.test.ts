import { afterEach, expect, it, vi } from "vitest";
import { WebSocket, WebSocketServer } from "ws";

import { Connection } from "../../dashboards/live/src/feed/Connection.ts";
import type { LineState } from "../../dashboards/live/src/feed/LineState.ts";

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

it("does not wait for a dead line to close before it calls anew", async () => {
  vi.stubGlobal("WebSocket", WebSocket);
  vi.useFakeTimers({ toFake: ["setInterval"] });
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  // As a host that lost power: it neither speaks nor answers a farewell.
  server.on("connection", (_socket, request) => request.socket.pause());
  await new Promise((resolve) => server.once("listening", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("expected a port");
  const states: LineState[] = [];
  let skipped = 0;
  const connection = new Connection({
    url: `ws://127.0.0.1:${address.port}/live`,
    onMessage: () => {},
    onState: (state) => states.push(state),
    onMalformed: () => {},
    now: () => performance.now() + skipped,
    random: () => 0,
  });
  await expect.poll(() => states.map(({ kind }) => kind)).toEqual(["connecting", "open"]);
  skipped = 13_000;
  vi.advanceTimersByTime(4_000);
  expect(states.at(-1)?.kind).toBe("lost");
  expect(connection.send({ kind: "ping", id: 1 })).toBe(false);
  await expect
    .poll(() => states.slice(3))
    .toEqual([{ kind: "connecting", again: true }, { kind: "open" }]);
  expect(server.clients.size).toBe(2);
  for (const client of server.clients) client.terminate();
  await new Promise((resolve) => server.close(resolve));
});
