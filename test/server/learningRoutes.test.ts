import { Subject } from "rxjs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { SystemClock } from "../../src/clock/SystemClock.ts";
import type { Label } from "../../src/frames/EventSpan.ts";
import type { LearningDesk } from "../../src/server/LiveFeed.ts";
import type { ServerMessage } from "../../src/server/protocol.ts";
import { Server } from "../../src/server/Server.ts";
import { micros } from "../../src/units.ts";
import { SyntheticFeed } from "../support/SyntheticFeed.ts";

const labels: Label[] = [];
const said: string[] = [];
/** A desk that writes down what it is asked, and knows one version. */
const desk: LearningDesk = {
  label(label) {
    if (label.label !== "one") return `expected one, got ${label.label}`;
    labels.push(label);
    return undefined;
  },
  versions: () => ({ serving: "a", isPinned: false, versions: [], changes: [] }),
  pin(version, by) {
    said.push(`pin ${version} by ${by}`);
    return version === "a" ? undefined : `expected a version of this log, got ${version}`;
  },
  unpin: (by) => {
    said.push(`unpin by ${by}`);
    return undefined;
  },
  rollback: (by, to) => {
    said.push(`rollback to ${to} by ${by}`);
    return undefined;
  },
};

let server: Server;
let plain: Server;
beforeAll(async () => {
  const feed = new SyntheticFeed(micros(0));
  const learning = {
    hello: () => feed.hello(),
    messages: new Subject<ServerMessage>(),
    command: () => undefined,
    learning: desk,
  };
  server = await Server.start(learning, { clock: new SystemClock(), port: 0 });
  plain = await Server.start(feed, { clock: new SystemClock(), port: 0 });
}, 60_000);
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await plain[Symbol.asyncDispose]();
});

async function post(
  path: string,
  body: unknown,
  headers: Record<string, string> = {},
  to: Server = server,
): Promise<{ readonly status: number; readonly error?: string }> {
  const reply = await fetch(new URL(path, to.url), {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  return { status: reply.status, ...((await reply.json()) as { error?: string }) };
}

describe("the addresses by which a pipeline is taught", { timeout: 60_000 }, () => {
  it("take a label with its times and who says so", async () => {
    const body = { label: "one", from: 5, to: 9, by: "anna", slot: "digit" };
    expect((await post("api/labels", body)).status).toBe(200);
    expect(labels).toEqual([body]);
  });

  it("say what was expected of a body that is none, and take nothing", async () => {
    const cases = [
      [{ label: "one", from: 9, to: 5 }, /from < to/],
      [{ label: "one", from: 5, to: 5 }, /from < to/],
      [{ label: "one", from: 0.5, to: 9 }, /^from: /],
      [{ from: 1, to: 2 }, /^label: /],
      [{ label: "one", from: 1, to: 2, colour: "red" }, /colour/],
      ["[", /JSON/],
    ] as const;
    const before = labels.length;
    for (const [body, problem] of cases) {
      const { status, error } = await post("api/labels", body);
      expect(status).toBe(400);
      expect(error === "Bad Request" ? "JSON" : error).toMatch(problem);
    }
    expect(labels).toHaveLength(before);
  });

  it("say why something cannot be done", async () => {
    expect(await post("api/labels", { label: "two", from: 1, to: 2 })).toEqual({
      status: 409,
      error: "expected one, got two",
    });
    expect((await post("api/versions/pin", { version: "b" })).status).toBe(409);
  });

  it("pin, unpin and roll back in the name of whoever asks", async () => {
    said.length = 0;
    await post("api/versions/pin", { version: "a", by: "anna" });
    await post("api/versions/unpin", {});
    await post("api/versions/rollback", { by: "anna" });
    await post("api/versions/rollback", { to: "a" });
    expect(said).toEqual([
      "pin a by anna",
      "unpin by api",
      "rollback to undefined by anna",
      "rollback to a by api",
    ]);
    expect(await (await fetch(new URL("api/versions", server.url))).json()).toMatchObject({
      serving: "a",
    });
  });

  it("refuse pages that are not ours, and count them", async () => {
    const before = server.counters.refusedOrigins;
    said.length = 0;
    const { status } = await post(
      "api/versions/rollback",
      {},
      { origin: "https://elsewhere.example" },
    );
    expect(status).toBe(403);
    expect(said).toEqual([]);
    expect(server.counters.refusedOrigins).toBe(before + 1);
  });

  it("are not there where the feed learns nothing", async () => {
    expect((await post("api/labels", { label: "one", from: 1, to: 2 }, {}, plain)).status).toBe(
      404,
    );
    expect((await fetch(new URL("api/versions", plain.url))).status).toBe(404);
  });
});
