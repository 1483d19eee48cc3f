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

/** How a word is written into a box. */
export interface WordStyle {
  /** CSS font without its size. */
  readonly weight: number;
  readonly size: number;
  readonly colour: string;
}

/** Writes a word into the middle of a box: a little smaller, then upwards, where it is too long to lie across. */
export function writeWord(
  context: CanvasRenderingContext2D,
  word: string,
  [x, y, width, height]: readonly [number, number, number, number],
  { weight, size, colour }: WordStyle,
): void {
  const across = (px: number): boolean => {
    context.font = `${weight} ${px}px ${FONT}`;
    return context.measureText(word).width <= width - 2;
  };
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillStyle = colour;
  const upright = across(size) || across(SMALLEST_PX);
  if (!upright) context.font = `${weight} ${size}px ${FONT}`;
  context.save();
  context.translate(x + width / 2, y + height / 2);
  if (!upright) context.rotate(-Math.PI / 2);
  context.fillText(word, 0, 0.5, Math.max(6, upright ? width : height - 4));
  context.restore();
}

/** The system's own letters: no font ever comes over the network. */
export const FONT = 'system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif';
