import { pageMicros } from "../link/JoinLink.ts";
import type { SourceContext, SourceKind } from "./Source.ts";

const SIZE = 280;
const PEN = 22;

/** A pad to draw on, as pictures of ink (bright on dark) in the stream's size, at its rate. */
export const pad: SourceKind = {
  name: "pad",
  title: "Drawing pad",
  fits: ({ modality, dtype, shape, rate }) =>
    modality !== "audio" && dtype === "u8" && shape.length === 2 && rate > 0,
  start,
};

async function start({ stream, link, stage, onNews }: SourceContext): Promise<() => void> {
  const [rows = 1, columns = 1] = stream.shape;
  const canvas = document.createElement("canvas");
  canvas.className = "pad";
  canvas.width = SIZE;
  canvas.height = Math.round((SIZE * rows) / columns);
  const wipe = document.createElement("button");
  wipe.textContent = "wipe";
  stage.replaceChildren(canvas, wipe);
  const pen = canvas.getContext("2d");
  const small = new OffscreenCanvas(columns, rows);
  const reader = small.getContext("2d", { willReadFrequently: true });
  if (pen === null || reader === null) throw new Error("this browser does not draw");
  Object.assign(pen, { lineWidth: PEN, lineCap: "round", lineJoin: "round", strokeStyle: "#fff" });
  reader.imageSmoothingQuality = "high";
  const clear = (): void => {
    pen.fillStyle = "#000";
    pen.fillRect(0, 0, canvas.width, canvas.height);
  };
  clear();
  wipe.onclick = clear;

  let last: readonly [x: number, y: number] | undefined;
  const draw = (event: PointerEvent): void => {
    if (event.buttons === 0) return;
    const box = canvas.getBoundingClientRect();
    for (const { clientX, clientY } of [...(event.getCoalescedEvents?.() ?? []), event]) {
      const x = ((clientX - box.left) * canvas.width) / box.width;
      const y = ((clientY - box.top) * canvas.height) / box.height;
      pen.beginPath();
      pen.moveTo(...(last ?? ([x, y] as const)));
      pen.lineTo(x, y);
      pen.stroke();
      last = [x, y];
    }
    event.preventDefault();
  };
  canvas.onpointerdown = (event) => {
    canvas.setPointerCapture(event.pointerId);
    last = undefined;
    draw(event);
  };
  canvas.onpointermove = draw;

  let frames = 0;
  const timer = setInterval(() => {
    const time = link.serverTime(pageMicros());
    if (time === undefined) return;
    reader.drawImage(canvas, 0, 0, columns, rows);
    const { data } = reader.getImageData(0, 0, columns, rows);
    const ink = Uint8Array.from({ length: rows * columns }, (_, i) => data[4 * i] ?? 0);
    if (link.send(stream, [time], ink)) frames++;
    onNews({ frames });
  }, 1_000 / stream.rate);
  return () => {
    clearInterval(timer);
    stage.replaceChildren();
  };
}
