import { describe, expect, it } from "vitest";

import { ConfigError } from "../../src/errors.ts";
import { CaptionGrams, parseCaption } from "../../src/features/CaptionGrams.ts";
import { charGrams } from "../../src/features/charGrams.ts";
import type { Cell } from "../../src/frames/Frameset.ts";
import { micros, millis } from "../../src/units.ts";

const MISSING: Cell = { presence: "missing", reason: "gap" };

describe("charGrams", () => {
  it("has length 1 and does not depend on case or spacing", () => {
    const vector = charGrams("Bin Blue");
    expect(Math.hypot(...vector)).toBeCloseTo(1, 6);
    expect(charGrams("  bin   BLUE ")).toEqual(vector);
  });

  it("agrees with FNV-1a and the sign rule worked out for each n-gram of single letters", () => {
    const [before, after] = [2n, 3n];
    for (const character of "abcxyz") {
      const letter = BigInt(character.charCodeAt(0));
      const vector = charGrams(character, { shortest: 3, longest: 3, dimensions: 4_096 });
      expect(vector.filter((value) => value !== 0)).toHaveLength(3);
      for (const gram of [
        [before, before, letter],
        [before, letter, after],
        [letter, after, after],
      ]) {
        let hash = 0x811c9dc5n;
        for (const byte of gram) hash = ((hash ^ byte) * 0x01000193n) & 0xffffffffn;
        expect(Math.sign(vector[Number(hash % 4_096n)] ?? 0)).toBe(hash >> 31n === 0n ? 1 : -1);
      }
    }
  });

  it("keeps like texts near and unlike ones apart", () => {
    const dot = (a: string, b: string): number =>
      charGrams(a, { dimensions: 256 }).reduce(
        (sum, value, index) => sum + value * (charGrams(b, { dimensions: 256 })[index] ?? 0),
        0,
      );
    expect(dot("camera sees a red car", "camera sees red cars")).toBeGreaterThan(0.6);
    expect(Math.abs(dot("camera sees a red car", "zwölf Boxkämpfer"))).toBeLessThan(0.2);
  });

  it("tells all letters of the alphabet apart in 64 dimensions", () => {
    const letters = [..."abcdefghijklmnopqrstuvwxyz"].map((letter) => charGrams(letter));
    for (const [index, one] of letters.entries())
      for (const other of letters.slice(0, index))
        expect(one.reduce((sum, value, d) => sum + value * (other[d] ?? 0), 0)).toBeLessThan(0.9);
  });

  it("is all zero for an empty text and refuses impossible sizes", () => {
    expect(charGrams(" \n").every((value) => value === 0)).toBe(true);
    expect(() => charGrams("a", { dimensions: 0 })).toThrow(ConfigError);
    expect(() => charGrams("a", { shortest: 4, longest: 3 })).toThrow(ConfigError);
  });
});

describe("CaptionGrams", () => {
  it("gives the caption from its onset to its end, as seen from the look-ahead", () => {
    const extractor = new CaptionGrams({ lookAhead: millis(120) });
    const expected = charGrams("blue");
    const said: boolean[] = [];
    for (let row = 1; row <= 12; row++) {
      const time = millis(40 * row);
      // Onset at 110 ms, 180 ms long: labelled instants 120..280 ms lie inside.
      const cell = row === 3 ? captionCell("blue", 110, 180) : MISSING;
      const vector = extractor.push(cell, time);
      if (vector !== undefined) expect(vector).toEqual(expected);
      said.push(vector !== undefined);
    }
    expect(said.indexOf(true)).toBe(240 / 40 - 1);
    expect(said.lastIndexOf(true)).toBe(400 / 40 - 1);
  });

  it("lets the later of two overlapping captions win, in whichever order they came", () => {
    for (const order of [
      ["red", "white"],
      ["white", "red"],
    ]) {
      const extractor = new CaptionGrams({ lookAhead: micros(0) });
      for (const text of order)
        extractor.push(captionCell(text, text === "red" ? 0 : 60, 200), millis(80));
      expect(extractor.push(MISSING, millis(120))).toEqual(charGrams("white"));
      expect(extractor.push(MISSING, millis(220))).toEqual(charGrams("white"));
      expect(extractor.push(MISSING, millis(280))).toBeUndefined();
    }
  });

  it("is over at its end, whatever was said before it and still is", () => {
    const extractor = new CaptionGrams({ lookAhead: micros(0) });
    extractor.push(captionCell("long", 0, 1_000), millis(40));
    expect(extractor.push(captionCell("short", 80, 120), millis(80))).toEqual(charGrams("short"));
    expect(extractor.push(MISSING, millis(200))).toEqual(charGrams("long"));
  });

  it("remembers no more than 32 captions, and none that is over", () => {
    const extractor = new CaptionGrams({ lookAhead: micros(0) });
    for (let at = 0; at < 40; at++) extractor.push(captionCell("on", at, 5_000), millis(at));
    expect(extractor.snapshot()).toHaveLength(32);
    extractor.push(MISSING, millis(5_038));
    expect(extractor.snapshot()).toHaveLength(1);
    extractor.push(MISSING, millis(5_039));
    expect(extractor.snapshot()).toEqual([]);
  });

  it("goes on when a payload is not a caption", () => {
    const extractor = new CaptionGrams({ lookAhead: micros(0) });
    for (const text of [
      "",
      "{",
      "null",
      "7",
      '{"text":1,"duration":2}',
      '{"text":"a","duration":-1}',
    ])
      expect(extractor.push(textCell(text, 0), millis(40))).toBeUndefined();
    expect(extractor.push(captionCell("a", 70, 40), millis(80))).toEqual(charGrams("a"));
  });

  it("is as new after a reset, and its answers are the caller's to change", () => {
    const extractor = new CaptionGrams({ lookAhead: micros(0) });
    extractor.push(captionCell("now", 0, 500), millis(40))?.fill(0);
    expect(extractor.push(MISSING, millis(80))).toEqual(charGrams("now"));
    extractor.reset();
    expect(extractor.push(MISSING, millis(120))).toBeUndefined();
  });

  it("refuses to look into the future", () => {
    expect(() => new CaptionGrams({ lookAhead: micros(-1) })).toThrow(ConfigError);
  });
});

describe("parseCaption", () => {
  it("reads text and duration and leaves out what it does not know", () => {
    const bytes = new TextEncoder().encode('{"text":"bin","duration":180000,"x":1}');
    expect(parseCaption(bytes)).toEqual({ text: "bin", duration: 180_000 });
  });
});

function captionCell(text: string, fromMs: number, durationMs: number): Cell {
  return textCell(JSON.stringify({ text, duration: durationMs * 1_000 }), fromMs);
}

function textCell(text: string, fromMs: number): Cell {
  return {
    presence: "real",
    payload: new TextEncoder().encode(text),
    frames: 1,
    originTime: millis(fromMs),
    age: micros(0),
    arrivalTime: micros(0),
  };
}
