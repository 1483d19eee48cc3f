import { pageMicros } from "../link/JoinLink.ts";
import type { SourceContext, SourceKind } from "./Source.ts";

/** iOS asks a person first. */
interface AsksFirst {
  requestPermission?(): Promise<string>;
}

/** One g in m/s². */
const GRAVITY = 9.80665;

/**
 * The device's motion: acceleration with gravity (m/s², or g where the stream's unit begins with it), and in
 * streams of six the turning (degrees/s).
 */
export const motion: SourceKind = {
  name: "motion",
  title: "Motion",
  fits: ({ modality, dtype, shape }) =>
    modality === "sensor" &&
    (dtype === "f32" || dtype === "f64") &&
    shape.length === 1 &&
    (shape[0] === 3 || shape[0] === 6) &&
    "DeviceMotionEvent" in globalThis,
  start,
};

async function start({ stream, link, onNews }: SourceContext): Promise<() => void> {
  const granted = await (DeviceMotionEvent as AsksFirst).requestPermission?.();
  if (granted !== undefined && granted !== "granted") throw new Error("motion was not allowed");
  const period = stream.rate > 0 ? 1e6 / stream.rate : 0;
  const Numbers = stream.dtype === "f32" ? Float32Array : Float64Array;
  const scale = /^g\b/.test(stream.unit) ? GRAVITY : 1;
  let [frames, next] = [0, 0];
  const feel = ({
    accelerationIncludingGravity,
    rotationRate,
    timeStamp,
  }: DeviceMotionEvent): void => {
    const page = pageMicros(timeStamp);
    if (page < next - period / 4) return;
    next = Math.max(next + period, page + period / 2);
    const { x, y, z } = accelerationIncludingGravity ?? {};
    const force = [x, y, z].map((value) => (value == null ? value : value / scale));
    const { alpha, beta, gamma } = rotationRate ?? {};
    const all = [...force, alpha, beta, gamma].map((value) => value ?? Number.NaN);
    const time = link.serverTime(page);
    if (time === undefined) return;
    const payload = new Uint8Array(Numbers.from(all.slice(0, stream.shape[0])).buffer);
    if (link.send(stream, [time], payload)) frames++;
    onNews({ frames, preview: { level: Math.min(1, Math.hypot(x ?? 0, y ?? 0, z ?? 0) / 20) } });
  };
  addEventListener("devicemotion", feel);
  return () => removeEventListener("devicemotion", feel);
}
