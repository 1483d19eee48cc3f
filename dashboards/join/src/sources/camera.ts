import { pageMicros } from "../link/JoinLink.ts";
import { capture } from "./capture.ts";
import { pictureOf, pixelsOf } from "./pixelsOf.ts";
import type { SourceContext, SourceKind } from "./Source.ts";

/** The device's camera as pictures of the stream's size, its middle where the shape is another. */
export const camera: SourceKind = {
  name: "camera",
  title: "Camera",
  fits: ({ modality, dtype, shape, rate }) =>
    modality === "video" &&
    dtype === "u8" &&
    rate > 0 &&
    (shape.length === 2 || (shape.length === 3 && shape[2] === 3)),
  start,
};

async function start({ stream, link, onNews, onEnd }: SourceContext): Promise<() => void> {
  const [rows = 1, columns = 1] = stream.shape;
  const wanted = { video: { frameRate: { ideal: stream.rate }, facingMode: "user" } };
  return capture(navigator.mediaDevices.getUserMedia(wanted), async (media) => {
    const video = document.createElement("video");
    video.muted = true;
    video.playsInline = true;
    video.srcObject = media;
    await video.play();
    const canvas = new OffscreenCanvas(columns, rows);
    const pen = canvas.getContext("2d", { willReadFrequently: true });
    if (pen === null) throw new Error("this browser does not draw");
    const period = 1e6 / stream.rate;
    let [frames, next, isRunning] = [0, 0, true];

    const look = (now: number, { captureTime }: VideoFrameCallbackMetadata): void => {
      if (!isRunning) return;
      video.requestVideoFrameCallback(look);
      const page = pageMicros(captureTime ?? now);
      // A camera gives pictures at a rate of its own: those nearest to the stream's grid are taken.
      if (page < next - period / 4) return;
      next = Math.max(next + period, page + period / 2);
      const { videoWidth, videoHeight } = video;
      const scale = Math.min(videoWidth / columns, videoHeight / rows);
      const [width, height] = [columns * scale, rows * scale];
      const [left, top] = [(videoWidth - width) / 2, (videoHeight - height) / 2];
      pen.drawImage(video, left, top, width, height, 0, 0, columns, rows);
      const picture = pen.getImageData(0, 0, columns, rows);
      const time = link.serverTime(page);
      if (time === undefined) return;
      const pixels = pixelsOf(picture, stream.shape.length === 3);
      if (link.send(stream, [time], pixels)) frames++;
      onNews({ frames, preview: { picture: pictureOf(pixels, columns, rows) } });
    };
    video.requestVideoFrameCallback(look);
    const [track] = media.getVideoTracks();
    if (track !== undefined) track.onended = () => onEnd("the camera was taken away");
    return () => {
      isRunning = false;
    };
  });
}
