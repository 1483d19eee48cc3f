import { afterEach, expect, it, vi } from "vitest";
import { WebSocket, WebSocketServer } from "ws";

import { JoinLink } from "../../dashboards/join/src/link/JoinLink.ts";
import { decodeJoinClient, encodeJoin } from "../../src/server/joinProtocol.ts";
import { micros } from "../../src/units.ts";

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

/** Waits until something is so, on timers that only the test moves. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
}

it("calls anew where nobody answers any more, and opens its streams again", async () => {
  vi.stubGlobal("WebSocket", WebSocket);
  vi.useFakeTimers({ toFake: ["setTimeout", "performance"] });
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  /** How often each connection has opened a stream. */
  const opened: number[] = [];
  let probes = 0;
  let answers = true;
  server.on("connection", (socket) => {
    const index = opened.push(0) - 1;
    socket.on("message", (data: Buffer) => {
      const { message } = decodeJoinClient(data);
      if (message?.kind === "open") opened[index] = (opened[index] ?? 0) + 1;
      if (message?.kind !== "probe" || !answers) return;
      socket.send(encodeJoin({ kind: "probed", id: message.id, time: micros(1) }));
      probes += 1;
      socket.send(encodeJoin({ kind: "refused", stream: "probes", text: String(probes) }));
    });
  });
  await new Promise((resolve) => server.once("listening", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("expected a port");
  const link = new JoinLink(`ws://127.0.0.1:${address.port}/sense`);
  await until(() => link.state.value === "open");
  const pad = { stream: "pad", modality: "video", dtype: "u8", shape: [2], rate: 1, unit: "" };
  link.open(pad as Parameters<JoinLink["open"]>[0]);
  await until(() => opened[0] === 1);

  // Longer than a line may be silent, and every probe is answered.
  for (let round = 0; round < 8; round++) {
    const before = probes;
    vi.advanceTimersByTime(2_000);
    await until(() => probes > before && link.refusals.value["probes"] === String(probes));
    expect(link.state.value).toBe("open");
  }

  answers = false;
  const states = new Set<string>();
  const stop = link.state.subscribe((state) => states.add(state));
  for (let second = 0; second < 20 && !states.has("lost"); second++) vi.advanceTimersByTime(1_000);
  expect(states).toContain("lost");
  vi.advanceTimersByTime(1_000);
  await until(() => opened[1] === 1);
  stop();
  for (const client of server.clients) client.terminate();
  await new Promise((resolve) => server.close(resolve));
});
