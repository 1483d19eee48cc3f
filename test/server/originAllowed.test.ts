import { describe, expect, it } from "vitest";

import { originAllowed } from "../../src/server/originAllowed.ts";

describe("originAllowed", () => {
  it.each([
    ["a program without an origin", undefined, "127.0.0.1:8080"],
    ["our own page by address", "http://127.0.0.1:8080", "127.0.0.1:8080"],
    ["our own page by localhost", "http://localhost:8080", "localhost:8080"],
    ["our own page by IPv6", "http://[::1]:8080", "[::1]:8080"],
    ["our own page on the default port", "http://10.0.0.7", "10.0.0.7"],
    ["our own page by a name we were given", "http://studio.lan:8080", "studio.lan:8080"],
  ])("lets in %s", (_name, origin, host) => {
    expect(originAllowed({ origin, host }, ["studio.lan"])).toBe(true);
  });

  it.each([
    ["another site", "https://evil.example", "127.0.0.1:8080"],
    ["another port of this machine", "http://127.0.0.1:9999", "127.0.0.1:8080"],
    ["a name re-bound to our address", "http://evil.example:8080", "evil.example:8080"],
    ["a file", "null", "127.0.0.1:8080"],
    ["no host", "http://127.0.0.1:8080", undefined],
    ["no address at all", "http://", "127.0.0.1:8080"],
  ])("keeps out %s", (_name, origin, host) => {
    expect(originAllowed({ origin, host }, ["studio.lan"])).toBe(false);
  });
});
