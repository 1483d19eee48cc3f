import type { StreamInfo } from "../../src/server/protocol.ts";

/** What a server says of talking-face's streams. */
export const talkingFaceStreams: readonly StreamInfo[] = [
  {
    stream: "audio",
    modality: "audio",
    rate: 100,
    unit: "PCM",
    view: { kind: "columns", bins: 40, perRow: 4 },
    counts: true,
  },
  {
    stream: "video",
    modality: "video",
    rate: 25,
    unit: "grey level",
    view: { kind: "image", width: 28, height: 20 },
    counts: true,
  },
  {
    stream: "text",
    modality: "text",
    rate: 0,
    unit: "",
    view: { kind: "captions" },
    counts: false,
  },
];
