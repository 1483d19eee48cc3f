import { pageMicros } from "../link/JoinLink.ts";
import { capture } from "./capture.ts";
import type { SourceContext, SourceKind } from "./Source.ts";
import { SteadyStamps } from "./SteadyStamps.ts";

/** Blocks over which the least delay between the audio clock and the page's is taken. */
const WINDOW = 50;

/** The device's microphone as i16 blocks at the stream's rate. */
export const microphone: SourceKind = {
  name: "microphone",
  title: "Microphone",
  fits: ({ modality, dtype, rate }) => modality === "audio" && dtype === "i16" && rate > 0,
  start,
};

/** What makes a call pleasant changes what is heard. */
const WANTED = {
  audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false },
};

async function start(context: SourceContext): Promise<() => void> {
  return capture(navigator.mediaDevices.getUserMedia(WANTED), (media) => listen(media, context));
}

async function listen(
  media: MediaStream,
  { stream, link, onNews, onEnd }: SourceContext,
): Promise<() => void> {
  const samples = stream.shape.reduce((product, size) => product * size, 1);
  const context = new AudioContext({ sampleRate: samples * stream.rate });
  await context.audioWorklet.addModule(new URL("./captureWorklet.js", import.meta.url));
  const node = new AudioWorkletNode(context, "capture", {
    numberOfOutputs: 0,
    processorOptions: { samples },
  });
  context.createMediaStreamSource(media).connect(node);
  const [track] = media.getAudioTracks();
  const inputLatency = (track?.getSettings() as { latency?: number } | undefined)?.latency ?? 0;
  const stamps = new SteadyStamps(1e6 / stream.rate);
  const delays: number[] = [];
  let frames = 0;
  node.port.onmessage = ({ data }: MessageEvent<{ end: number; samples: Float32Array }>) => {
    // The audio clock is steady, messages are not: the fastest tells how the two clocks lie.
    delays.push(pageMicros() - data.end * 1e6);
    if (delays.length > WINDOW) delays.shift();
    const began =
      (data.end - samples / context.sampleRate - inputLatency) * 1e6 + Math.min(...delays);
    const time = link.serverTime(stamps.stamp(began));
    if (time === undefined) return;
    const block = Int16Array.from(data.samples, (value) =>
      Math.max(-32_768, Math.min(32_767, Math.round(value * 32_767))),
    );
    if (link.send(stream, [time], new Uint8Array(block.buffer))) frames++;
    const power = data.samples.reduce((sum, value) => sum + value * value, 0) / samples;
    onNews({
      frames,
      preview: { level: Math.min(1, Math.max(0, 1 + Math.log10(power + 1e-6) / 6)) },
    });
  };
  if (track !== undefined) track.onended = () => onEnd("the microphone was taken away");
  return () => {
    node.port.onmessage = null;
    void context.close();
  };
}
