/** A place on a sheet: right and down. */
export type Point = readonly [x: number, y: number];

/** What a pen drew between two times it was lifted. */
export type Stroke = readonly Point[];

/** Side of a picture. */
const SIDE = 28;
/** Longer side of what is drawn in a picture, from the middle of a line to the middle of another, in pixels. */
const EXTENT = 19;
/** Width of the pen and of the line's soft edge, in pixels. */
const [PEN, EDGE] = [2.1, 1.6] as const;

/**
 * Strokes moved to the middle of the unit square, their longer side 1, as the MHD set has them.
 *
 * @param smallest Longer side of the least that is a drawing.
 * @returns undefined of what is smaller.
 */
export function fitted(
  strokes: readonly Stroke[],
  smallest = Number.MIN_VALUE,
): readonly Stroke[] | undefined {
  const [xs, ys] = [0, 1].map((axis) => strokes.flat().map((point) => point[axis as 0 | 1]));
  const [left, right, top, bottom] = [xs, ys].flatMap((values = []) => [
    Math.min(...values),
    Math.max(...values),
  ]) as [number, number, number, number];
  const side = Math.max(right - left, bottom - top);
  if (!(side >= smallest)) return undefined;
  const [middle, centre] = [(left + right) / 2, (top + bottom) / 2];
  return strokes.map((stroke) =>
    stroke.map(([x, y]): Point => [(x - middle) / side + 0.5, (y - centre) / side + 0.5]),
  );
}

/**
 * The way of the pen as points at equal distances, the ways between strokes too.
 *
 * @param strokes In the unit square.
 * @param count Points, at least 2.
 * @returns [count, 3] u8: x and y in 0…255, and 255 with the pen down, 0 on the way to another stroke.
 */
export function pathOf(strokes: readonly Stroke[], count: number): Uint8Array {
  const points = strokes.flat();
  const begins = new Set(strokes.map((_, i) => strokes.slice(0, i).flat().length));
  const lengths = points.map((point, i) => (i === 0 ? 0 : distance(points[i - 1] ?? point, point)));
  const whole = lengths.reduce((sum, length) => sum + length, 0);
  const path = new Uint8Array(3 * count);
  let [next, gone] = [1, 0];
  for (let i = 0; i < count; i++) {
    const way = (whole * i) / (count - 1);
    while (next < points.length - 1 && gone + (lengths[next] ?? 0) < way)
      gone += lengths[next++] ?? 0;
    const [from = [0, 0], to = from] = [points[next - 1], points[next]];
    const share = Math.min((way - gone) / Math.max(lengths[next] ?? 0, Number.EPSILON), 1);
    // Exactly at an end the pen is on the paper.
    const isUp = begins.has(next) && share > 0 && share < 1;
    const [x, y] = [0, 1].map((axis) => {
      const [a, b] = [from[axis as 0 | 1], to[axis as 0 | 1]];
      return Math.round(255 * (a + share * (b - a)));
    });
    path.set([x ?? 0, y ?? 0, isUp ? 0 : 255], 3 * i);
  }
  return path;
}

/**
 * What a soft pen leaves on a sheet, [28, 28] u8, its mass within half a pixel of the middle, as the MHD set's
 * pictures of pen paths have it.
 *
 * @param strokes In the unit square, fitted.
 */
export function inkOf(strokes: readonly Stroke[]): Uint8Array {
  const middle = (SIDE - 1) / 2;
  const first = drawn(strokes, middle, middle);
  const [right, down] = massOf(first);
  return drawn(strokes, middle + Math.round(middle - right), middle + Math.round(middle - down));
}

function drawn(strokes: readonly Stroke[], middle: number, centre: number): Uint8Array {
  const sheet = new Uint8Array(SIDE * SIDE);
  const placed = ([x, y]: Point): Point => [
    middle + EXTENT * (x - 0.5),
    centre + EXTENT * (y - 0.5),
  ];
  const lines = strokes.flatMap((stroke) =>
    stroke.map((point, i) => [placed(stroke[i - 1] ?? point), placed(point)] as const),
  );
  for (let i = 0; i < sheet.length; i++) {
    const here = [i % SIDE, Math.floor(i / SIDE)] as const;
    const off = Math.min(...lines.map(([from, to]) => distanceTo(here, from, to)));
    sheet[i] = Math.round(255 * Math.min(Math.max((PEN / 2 - off) / EDGE + 0.5, 0), 1));
  }
  return sheet;
}

/** Where the mass of a picture lies: column and row. */
function massOf(sheet: Uint8Array): Point {
  let [mass, right, down] = [0, 0, 0];
  for (const [i, ink] of sheet.entries()) {
    mass += ink;
    right += ink * (i % SIDE);
    down += ink * Math.floor(i / SIDE);
  }
  return [right / mass, down / mass];
}

function distance([x, y]: Point, [u, v]: Point): number {
  return Math.hypot(u - x, v - y);
}

/** Distance of a place from the line between two others. */
function distanceTo(place: Point, [x, y]: Point, [u, v]: Point): number {
  const [wide, high] = [u - x, v - y];
  const square = wide * wide + high * high;
  const along = square > 0 ? ((place[0] - x) * wide + (place[1] - y) * high) / square : 0;
  const share = Math.min(Math.max(along, 0), 1);
  return distance(place, [x + share * wide, y + share * high]);
}
