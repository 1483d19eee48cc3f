import { COLOURS } from "./colours.ts";
import { FONT, type Pen } from "./Pen.ts";

const SECOND_US = 1_000_000;
/** Ticks of an axis at most: more could not be read. */
const MOST_TICKS = 9;
const STEPS_S = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1_800, 3_600] as const;

/** A faint line at each whole second, or at each tick of a long axis; belongs behind everything. */
export function drawSeconds({ context, from, to, height, x }: Pen): void {
  const every = Math.max(1, tickSeconds(to - from) / 2) * SECOND_US;
  context.fillStyle = COLOURS.grid;
  for (let time = Math.ceil(from / every) * every; time <= to; time += every)
    context.fillRect(Math.round(x(time)), 0, 1, height);
}

/** Seconds from one tick to the next on an axis of so many µs. */
function tickSeconds(span: number): number {
  const seconds = span / SECOND_US;
  return STEPS_S.find((step) => seconds / step <= MOST_TICKS) ?? 7_200;
}

/** How many seconds ago each place of the axis is; stands still while the lanes move. */
export function drawAxis({ context, from, to, width, height, x }: Pen): void {
  const every = tickSeconds(to - from);
  context.font = `400 12px ${FONT}`;
  context.textBaseline = "middle";
  context.fillStyle = COLOURS.dim;
  for (let ago = every; ago * SECOND_US < to - from - SECOND_US / 4; ago += every) {
    const place = x(to - ago * SECOND_US);
    context.textAlign = "center";
    context.fillText(every < 60 ? `−${ago} s` : `−${ago / 60} min`, place, height / 2 + 1);
    context.fillRect(Math.round(place), 0, 1, 4);
  }
  context.textAlign = "right";
  context.fillStyle = COLOURS.text;
  context.fillText("now", width - 4, height / 2 + 1);
  context.fillRect(width - 1, 0, 1, 4);
}
