import { MOST_FRAMES } from "../../../../src/server/joinProtocol.ts";
import type { Micros } from "../../../../src/units.ts";
import { pageMicros } from "../link/JoinLink.ts";
import { DrawnSheet, type PenPlace } from "./DrawnSheet.ts";
import type { SourceContext, SourceKind } from "./Source.ts";

/** How often the pen is told of while it does not move, in ms. */
const EVERY = 40;
/** A pen that is off the paper for so long, in ms, has finished what it drew, unless the stream says otherwise. */
const REST = 700;

/** The way of a pen over a pad: x, y, down, and which sheet; a new sheet begins when the pen has rested. */
export const pen: SourceKind = {
  name: "pen",
  title: "Pen",
  fits: ({ source, dtype, shape }) =>
    source === "pen" && dtype === "f32" && shape.length === 1 && shape[0] === 4,
  start,
};

async function start({ stream, link, stage, onNews }: SourceContext): Promise<() => void> {
  const rest = stream.rest === undefined ? REST : stream.rest / 1_000;
  let [sheet, frames, newest] = [0, 0, 0];
  let last: PenPlace | undefined;
  let isFresh = true;
  const waiting: { readonly time: Micros; readonly sample: readonly number[] }[] = [];
  const tell = (at: number, { x, y, isDown }: Omit<PenPlace, "at">): void => {
    const time = link.serverTime(pageMicros(at));
    if (time === undefined) return;
    // What the system stamped while the page was busy may lie before the last tick.
    newest = Math.max(time, newest + 1);
    waiting.push({ time: newest as Micros, sample: [x, y, isDown ? 1 : 0, sheet] });
  };
  const paper = new DrawnSheet(1, (place) => {
    if (isFresh) paper.wipe();
    isFresh = false;
    last = place;
    tell(place.at, place);
  });
  const send = (): void => {
    while (waiting.length > 0) {
      const some = waiting.splice(0, MOST_FRAMES);
      const payload = Float32Array.from(some.flatMap(({ sample }) => sample));
      const times = some.map(({ time }) => time);
      if (link.send(stream, times, new Uint8Array(payload.buffer))) frames += some.length;
    }
  };
  const timer = setInterval(() => {
    const now = performance.now();
    const isFinished = last !== undefined && !last.isDown && now - last.at > rest;
    if (isFinished && !isFresh) {
      sheet++;
      isFresh = true;
      paper.fade();
    }
    tell(now, last ?? { x: 0, y: 0, isDown: false });
    send();
    onNews({ frames });
  }, EVERY);
  stage.replaceChildren(paper.canvas);
  return () => {
    clearInterval(timer);
    stage.replaceChildren();
  };
}
