import fastify from "fastify";
import { describe, expect, it } from "vitest";

import { ConfigError } from "../../src/errors.ts";
import { addSensorRoutes } from "../../src/server/sensorRoutes.ts";
import { SubjectFeed } from "../support/SubjectFeed.ts";

/** The routes of a feed whose sensors cannot be attached, for the reason given. */
function door(cause: Error) {
  const app = fastify();
  const feed = Object.assign(new SubjectFeed(), {
    attach: () => Promise.reject(cause),
    detach: () => Promise.reject(cause),
  });
  addSensorRoutes(app, feed, async () => {});
  return app;
}

const refusal = new ConfigError("attach", "expected a nose, got an ear");

describe("the addresses of sensors", () => {
  it.each([
    ["127.0.0.1", 200],
    ["127.8.8.8", 200],
    ["::1", 200],
    ["::ffff:127.0.0.1", 200],
    ["10.0.0.7", 403],
    ["192.168.0.7", 403],
    ["12.7.0.1", 403],
    ["::ffff:10.0.0.7", 403],
    ["fe80::1", 403],
  ])("are for this machine alone: %s gets %d", async (remoteAddress, expected) => {
    const app = door(refusal);
    const { statusCode } = await app.inject({ url: "/api/sensors", remoteAddress });
    expect(statusCode).toBe(expected);
  });

  it("say what was expected of whoever asks, and own up to what is ours to mend", async () => {
    const ask = async (cause: Error) => {
      const app = door(cause);
      const replies = [
        await app.inject({ method: "POST", url: "/api/sensors", payload: { kind: "camera" } }),
        await app.inject({ method: "DELETE", url: "/api/sensors/a" }),
      ];
      return replies.map(({ statusCode, json }) => [statusCode, json().error]);
    };
    const told = [400, refusal.message];
    expect(await ask(refusal)).toEqual([told, told]);
    const ours = [500, "Internal Server Error"];
    expect(await ask(new RangeError("out of range"))).toEqual([ours, ours]);
  });

  it("are not there where the feed takes none", async () => {
    const app = fastify();
    addSensorRoutes(app, new SubjectFeed(), async () => {});
    const { statusCode } = await app.inject({
      ...{ method: "POST", url: "/api/sensors", payload: { kind: "camera" } },
    });
    expect(statusCode).toBe(404);
  });
});
