import { COLOURS } from "./colours.ts";
import { FONT, type Pen } from "./Pen.ts";

const SECOND_US = 1_000_000;

/** A faint line at each whole second; belongs behind everything. */
export function drawSeconds({ context, from, to, height, x }: Pen): void {
  context.fillStyle = COLOURS.grid;
  for (let time = Math.ceil(from / SECOND_US) * SECOND_US; time <= to; time += SECOND_US)
    context.fillRect(Math.round(x(time)), 0, 1, height);
}

/** How many seconds ago each place of the axis is; stands still while the lanes move. */
export function drawAxis({ context, from, to, width, height, x }: Pen): void {
  const every = (to - from) / SECOND_US > 9 ? 2 : 1;
  context.font = `400 12px ${FONT}`;
  context.textBaseline = "middle";
  context.fillStyle = COLOURS.dim;
  for (let ago = every; ago * SECOND_US < to - from - SECOND_US / 4; ago += every) {
    const place = x(to - ago * SECOND_US);
    context.textAlign = "center";
    context.fillText(`−${ago} s`, place, height / 2 + 1);
    context.fillRect(Math.round(place), 0, 1, 4);
  }
  context.textAlign = "right";
  context.fillStyle = COLOURS.text;
  context.fillText("now", width - 4, height / 2 + 1);
  context.fillRect(width - 1, 0, 1, 4);
}
