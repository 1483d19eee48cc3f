import { InvalidArgumentError } from "commander";
import { expect, it } from "vitest";

import { parseSize, parseTime } from "../../src/cli/parseQuantity.ts";
import { seconds } from "../../src/units.ts";

it("reads sizes as people write them", () => {
  const sizes = {
    "500": 500,
    "64kB": 64_000,
    "500MB": 5e8,
    "1.5GB": 1.5e9,
    "64MiB": 2 ** 26,
    "2G": 2e9,
  };
  for (const [text, bytes] of Object.entries(sizes)) expect(parseSize(text), text).toBe(bytes);
  for (const text of ["", "MB", "-1MB", "0", "5 apples", "1e9"])
    expect(() => parseSize(text), text).toThrow(InvalidArgumentError);
});

it("reads times as people write them", () => {
  const times = { "90": 90, "90s": 90, "10m": 600, "1.5h": 5_400, "7d": 604_800 };
  for (const [text, of] of Object.entries(times)) expect(parseTime(text), text).toBe(seconds(of));
  for (const text of ["", "s", "0s", "-1s", "5 weeks", "1m30s"])
    expect(() => parseTime(text), text).toThrow(InvalidArgumentError);
});
