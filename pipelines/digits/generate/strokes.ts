import type { Rng } from "../../../src/sensing.ts";

/** A place on a sheet: right and down, 0 to 1. */
export type Point = readonly [x: number, y: number];

/** A digit's strokes, each a line through its corners. */
type Strokes = readonly (readonly Point[])[];

/** An arc about a centre, from an angle to another, in degrees clockwise from the right. */
function arc(
  x: number,
  y: number,
  across: number,
  down: number,
  from: number,
  to: number,
): Point[] {
  return Array.from({ length: 13 }, (_, i) => {
    const angle = ((from + ((to - from) * i) / 12) * Math.PI) / 180;
    return [x + across * Math.cos(angle), y + down * Math.sin(angle)];
  });
}

/** How each digit is written. */
const DIGITS: readonly Strokes[] = [
  [arc(0.5, 0.5, 0.32, 0.45, -90, -450)],
  [
    [
      [0.35, 0.2],
      [0.55, 0.05],
      [0.5, 0.95],
    ],
  ],
  [[...arc(0.48, 0.3, 0.3, 0.25, 190, 400), [0.2, 0.92], [0.85, 0.92]]],
  [[...arc(0.45, 0.28, 0.28, 0.22, 200, 440), ...arc(0.45, 0.7, 0.32, 0.24, -80, 160)]],
  [
    [
      [0.6, 0.05],
      [0.15, 0.6],
      [0.85, 0.6],
    ],
    [
      [0.65, 0.35],
      [0.62, 0.95],
    ],
  ],
  [
    [[0.25, 0.08], [0.22, 0.45], ...arc(0.45, 0.68, 0.33, 0.26, -120, 150)],
    [
      [0.25, 0.08],
      [0.8, 0.06],
    ],
  ],
  [[[0.65, 0.05], [0.3, 0.4], ...arc(0.48, 0.7, 0.28, 0.24, 180, -180)]],
  [
    [
      [0.15, 0.1],
      [0.85, 0.1],
      [0.4, 0.95],
    ],
  ],
  [[...arc(0.5, 0.27, 0.25, 0.21, 0, -270), ...arc(0.5, 0.72, 0.3, 0.24, -90, 270)]],
  [[...arc(0.48, 0.3, 0.28, 0.24, 0, -360), [0.74, 0.6], [0.6, 0.95]]],
];

/** A digit's strokes in a hand of their own: slanted, stretched and a little unsteady. */
export function handwritten(digit: number, rng: Rng): Strokes {
  const [slant, wide, turn] = [rng.normal(0, 0.12), rng.uniform(0.75, 1), rng.normal(0, 0.08)];
  const shaky = (DIGITS[digit] ?? []).map((stroke) =>
    stroke.map(([x, y]): Point => {
      const [u, v] = [(x - 0.5) * wide + slant * (0.5 - y), y - 0.5];
      return [u + turn * v + rng.normal(0, 0.012), v - turn * u + rng.normal(0, 0.012)];
    }),
  );
  const all = shaky.flat();
  const [left, top] = [Math.min(...all.map(([x]) => x)), Math.min(...all.map(([, y]) => y))];
  const size = Math.max(
    Math.max(...all.map(([x]) => x)) - left,
    Math.max(...all.map(([, y]) => y)) - top,
  );
  return shaky.map((stroke) =>
    stroke.map(([x, y]): Point => [(x - left) / size, (y - top) / size]),
  );
}

/** Points at equal ways along the strokes: x, y in 0…255, and 0 at the first of a later stroke, else 255. */
export function pathOf(strokes: Strokes, count: number): Uint8Array {
  const whole = strokes.reduce((sum, stroke) => sum + lengthOf(stroke), 0);
  const path = new Uint8Array(3 * count);
  for (let i = 0; i < count; i++) {
    let way = (whole * i) / (count - 1);
    let at = 0;
    while (at < strokes.length - 1 && way > lengthOf(strokes[at] ?? [])) {
      way -= lengthOf(strokes[at] ?? []);
      at++;
    }
    const [x, y] = along(strokes[at] ?? [], way);
    const isJump = at > 0 && way < whole / (count - 1);
    path.set([x * 255, y * 255, isJump ? 0 : 255].map(Math.round), 3 * i);
  }
  return path;
}

/**
 * The strokes as ink on a sheet, [28, 28] u8.
 *
 * @param width Of the pen, in pixels.
 */
export function inkOf(strokes: Strokes, width: number): Uint8Array {
  const sheet = new Uint8Array(28 * 28);
  const all = strokes.flat();
  const [wide, high] = [Math.max(...all.map(([x]) => x)), Math.max(...all.map(([, y]) => y))];
  for (const stroke of strokes)
    for (let way = 0, whole = lengthOf(stroke); way <= whole; way += 0.02) {
      const [x, y] = along(stroke, way);
      const [column, row] = [14 + 20 * (x - wide / 2), 14 + 20 * (y - high / 2)];
      for (let v = Math.floor(row - 2); v <= row + 2; v++)
        for (let u = Math.floor(column - 2); u <= column + 2; u++) {
          if (u < 0 || v < 0 || u > 27 || v > 27) continue;
          const off = Math.hypot(u + 0.5 - column, v + 0.5 - row) - width / 2;
          const ink = Math.round(255 * Math.min(Math.max(0.5 - off, 0), 1));
          sheet[28 * v + u] = Math.max(sheet[28 * v + u] ?? 0, ink);
        }
    }
  return sheet;
}

function lengthOf(stroke: readonly Point[]): number {
  return stroke.reduce((sum, [x, y], i) => {
    const [a, b] = stroke[i - 1] ?? [x, y];
    return sum + Math.hypot(x - a, y - b);
  }, 0);
}

function along(stroke: readonly Point[], way: number): Point {
  let left = way;
  for (let i = 1; i < stroke.length; i++) {
    const [a = 0, b = 0] = stroke[i - 1] ?? [];
    const [x = 0, y = 0] = stroke[i] ?? [];
    const step = Math.hypot(x - a, y - b);
    if (left <= step && step > 0) return [a + ((x - a) * left) / step, b + ((y - b) * left) / step];
    left -= step;
  }
  return stroke.at(-1) ?? [0, 0];
}
