import { describe, expect, expectTypeOf, it } from "vitest";

import {
  type Bytes,
  bytes,
  counted,
  type Hertz,
  hertz,
  type Micros,
  micros,
  millis,
  periodUs,
  seconds,
  toMillis,
  toSeconds,
} from "../src/units.ts";

describe("units", () => {
  it("turn into one another without loss", () => {
    expect(seconds(1.5)).toBe(1_500_000);
    expect(millis(2)).toBe(2_000);
    expect(micros(0.6)).toBe(1);
    expect(toSeconds(seconds(3.25))).toBe(3.25);
    expect(toMillis(millis(7))).toBe(7);
    expect(periodUs(hertz(25))).toBe(40_000);
    expect(bytes(3)).toBe(3);
  });

  it("are counted as people say it", () => {
    const said = [0, 1, 2].map((count) => counted(count, "record"));
    expect(said).toEqual(["0 records", "1 record", "2 records"]);
    expect(counted(1, "class", "classes")).toBe("1 class");
    expect(counted(3, "class", "classes")).toBe("3 classes");
  });

  it("hold every microsecond until the year 2255", () => {
    const late = Date.UTC(2255, 0, 1) * 1_000;
    expect(micros(late) + 1 - late).toBe(1);
  });

  it("do not mix", () => {
    expectTypeOf<Micros>().not.toEqualTypeOf<Hertz>();
    // @ts-expect-error a rate is no duration
    toSeconds(hertz(25));
    // @ts-expect-error a plain number has no unit
    toMillis(5);
    expectTypeOf<Bytes>().toExtend<number>();
  });
});
