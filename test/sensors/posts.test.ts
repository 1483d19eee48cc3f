import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { WebSocket } from "ws";

import { jsonLines } from "../../sensors/jsonLines.ts";
import { text } from "../../sensors/text.ts";
import { ConfigError, SensorError } from "../../src/errors.ts";
import type { SensorKind } from "../../src/pipeline/Sensor.ts";
import { freePort } from "../support/freePort.ts";
import { text as words } from "../wire/support.ts";
import { context, numbers } from "./sensed.ts";

/** A sensor that listens on a port of its own, and the payloads it gives, one at a time. */
async function listening(
  kind: SensorKind,
  options: Record<string, unknown>,
  description = words,
): Promise<AsyncDisposable & { url: string; next: () => Promise<string> }> {
  const port = await freePort();
  const stop = new AbortController();
  const told = { ...context(description), signal: stop.signal };
  const source = `listen:${port}`;
  const frames = kind
    .create({ source, ...options })
    .frames(told)
    [Symbol.asyncIterator]();
  let first: Promise<IteratorResult<{ payload: Uint8Array }>> | undefined = frames.next();
  const url = `http://127.0.0.1:${port}/`;
  // It listens a moment after it is asked for its first frame.
  while ((await fetch(url).catch(() => undefined)) === undefined)
    await new Promise((resolve) => setImmediate(resolve));
  return {
    url,
    async next() {
      const { value } = await (first ?? frames.next());
      first = undefined;
      return Buffer.from(value.payload).toString("utf8");
    },
    async [Symbol.asyncDispose]() {
      stop.abort(new Error("enough"));
      await (first ?? frames.next()).catch(() => {});
    },
  };
}

describe("lines that others post", () => {
  it("are captions, by HTTP and by WebSocket, several at once", async () => {
    await using there = await listening(text, { durationMs: 5 });
    const body = 'bin blue\n{"text":"at","duration":7}\n';
    expect((await fetch(there.url, { method: "POST", body })).status).toBe(204);
    expect(await there.next()).toBe('{"text":"bin blue","duration":5000}');
    expect(await there.next()).toBe('{"text":"at","duration":7}');
    const socket = new WebSocket(there.url.replace("http", "ws"));
    await once(socket, "open");
    socket.send("f");
    expect(await there.next()).toBe('{"text":"f","duration":5000}');
    socket.close();
  });

  it("are rows of numbers where a sensor of numbers listens, whatever their type is said to be", async () => {
    await using there = await listening(jsonLines, { fields: ["x"] }, numbers(1));
    const headers = { "content-type": "application/json" };
    await fetch(there.url, { method: "POST", headers, body: '{"x":2}' });
    const row = await there.next();
    expect(row.length).toBeGreaterThan(0);
  });

  it("are taken of nobody without the token, and of no strange page without one", async () => {
    await using there = await listening(text, { token: "abc" });
    const post = async (query: string, headers: Record<string, string> = {}) =>
      (await fetch(there.url + query, { method: "POST", body: "hello", headers })).status;
    expect(await post("")).toBe(401);
    expect(await post("?token=abd")).toBe(401);
    expect(await post("?token=abc")).toBe(204);
    expect(await post("", { authorization: "Bearer abc" })).toBe(204);
    await using open = await listening(text, {});
    const headers = { origin: "http://evil.example" };
    expect((await fetch(open.url, { method: "POST", body: "hello", headers })).status).toBe(403);
    expect((await fetch(open.url)).status).toBe(426);
    const long = "x".repeat(2 ** 21);
    expect((await fetch(open.url, { method: "POST", body: long })).status).toBe(413);
  });

  it("need a token where other machines can post, and a port that is free", async () => {
    expect(() => text.create({ source: "listen:0.0.0.0:8099" })).toThrow(/token/);
    expect(() => text.create({ source: "listen:far" })).toThrow(ConfigError);
    await using there = await listening(text, {});
    const source = `listen:${new URL(there.url).port}`;
    const second = text.create({ source }).frames(context(words))[Symbol.asyncIterator]();
    await expect(second.next()).rejects.toThrow(SensorError);
  });
});
