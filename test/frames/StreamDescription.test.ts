import { describe, expect, it } from "vitest";

import { ConfigError } from "../../src/errors.ts";
import {
  defineStream,
  isName,
  type StreamDescription,
} from "../../src/frames/StreamDescription.ts";
import { hertz, millis } from "../../src/units.ts";

const described = (stream: string, site = "lab"): StreamDescription => ({
  ...{ site, stream, modality: "sensor", dtype: "f32", shape: [2], rate: hertz(25), unit: "1" },
  ...{ lateness: millis(0), idleTimeout: millis(250) },
});

describe("names of sites and streams", () => {
  it("may have letters, digits, dots, dashes and underscores, up to 64", () => {
    for (const name of ["a", "left-arm", "imu.2", "_x", "7", "n".repeat(64)])
      expect(isName(name)).toBe(true);
    for (const name of ["", "a b", "a/b", "ä", "n".repeat(65), 7, undefined])
      expect(isName(name)).toBe(false);
  });

  it("may not be what every object has a member of: objects are keyed by them", () => {
    for (const name of ["__proto__", "constructor", "toString", "hasOwnProperty"]) {
      expect(isName(name)).toBe(false);
      expect(() => defineStream(described(name))).toThrow(ConfigError);
      expect(() => defineStream(described("a", name))).toThrow(ConfigError);
    }
    expect(defineStream(described("proto")).stream).toBe("proto");
  });
});
