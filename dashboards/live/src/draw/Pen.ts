/** What a painter draws one frame of one lane with. Sizes in CSS pixels, times in µs. */
export interface Pen {
  readonly context: CanvasRenderingContext2D;
  readonly width: number;
  readonly height: number;
  /** Time at the left edge. */
  readonly from: number;
  /** Time at the right edge. */
  readonly to: number;
  /** Horizontal place of a time. */
  readonly x: (time: number) => number;
}

/** Draws one frame of one lane. The lane is empty and its own size when it is called. */
export type Painter = (pen: Pen) => void;

/** A rectangle with round corners, as a path. */
export function roundedPath(
  context: CanvasRenderingContext2D,
  [x, y, width, height]: readonly [number, number, number, number],
  radius: number,
): void {
  context.beginPath();
  context.roundRect(x, y, width, height, Math.min(radius, width / 2, height / 2));
}

/** Smaller letters are not read from a chair. */
const SMALLEST_PX = 12;
/** In a narrower box the letters would lie over its neighbours. */
const NARROWEST_PX = 9;

/** How a word is written into a box. */
export interface WordStyle {
  /** CSS font without its size. */
  readonly weight: number;
  readonly size: number;
  readonly colour: string;
}

/**
 * Writes a word into the middle of a box: a little smaller, then upwards, where it is too long to lie
 * across; where it is too long for both, its beginning; nothing where the box is a mere sliver.
 */
export function writeWord(
  context: CanvasRenderingContext2D,
  word: string,
  [x, y, width, height]: readonly [number, number, number, number],
  { weight, size, colour }: WordStyle,
): void {
  if (Math.min(width, height) < NARROWEST_PX) return;
  const fits = (text: string, px: number, room: number): boolean => {
    context.font = `${weight} ${px}px ${FONT}`;
    return context.measureText(text).width <= room;
  };
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillStyle = colour;
  const across = fits(word, size, width - 2) || fits(word, SMALLEST_PX, width - 2);
  const upright = !across && (fits(word, size, height - 4) || width < height);
  const room = Math.max(6, upright ? height - 4 : width - 4);
  let text = word;
  while (
    text.length > 1 &&
    !fits(text === word ? word : `${text}…`, upright ? size : SMALLEST_PX, room)
  )
    text = text.slice(0, -1);
  if (across) text = word;
  if (across && !fits(word, size, width - 2)) context.font = `${weight} ${SMALLEST_PX}px ${FONT}`;
  context.save();
  context.translate(x + width / 2, y + height / 2);
  if (upright) context.rotate(-Math.PI / 2);
  context.fillText(text === word ? word : `${text.trimEnd()}…`, 0, 0.5);
  context.restore();
}

/** The system's own letters: no font ever comes over the network. */
export const FONT = 'system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif';
