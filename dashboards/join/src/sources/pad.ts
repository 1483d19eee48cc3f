import { pageMicros } from "../link/JoinLink.ts";
import { DrawnSheet } from "./DrawnSheet.ts";
import type { SourceContext, SourceKind } from "./Source.ts";

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
  const sheet = new DrawnSheet(rows / columns);
  const wipe = document.createElement("button");
  wipe.type = "button";
  wipe.textContent = "Wipe";
  wipe.onclick = () => sheet.wipe();
  stage.replaceChildren(sheet.canvas, wipe);
  const small = new OffscreenCanvas(columns, rows);
  const reader = small.getContext("2d", { willReadFrequently: true });
  if (reader === null) throw new Error("this browser does not draw");
  reader.imageSmoothingQuality = "high";

  let frames = 0;
  const timer = setInterval(() => {
    const time = link.serverTime(pageMicros());
    if (time === undefined) return;
    reader.drawImage(sheet.canvas, 0, 0, columns, rows);
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
