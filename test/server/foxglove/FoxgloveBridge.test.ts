import { Subject } from "rxjs";
import { describe, expect, it } from "vitest";
import { WebSocket } from "ws";

import { SystemClock } from "../../../src/clock/SystemClock.ts";
import type { Chunk } from "../../../src/frames/Chunk.ts";
import { FOXGLOVE_PROTOCOLS } from "../../../src/server/foxglove/FoxgloveBridge.ts";
import type { HelloMessage, ServerMessage, StreamInfo } from "../../../src/server/protocol.ts";
import { Server, type ServerOptions } from "../../../src/server/Server.ts";
import { micros, millis } from "../../../src/units.ts";
import { FoxgloveViewer as Viewer } from "../../support/FoxgloveViewer.ts";
import { SubjectFeed } from "../../support/SubjectFeed.ts";
import { START } from "../../support/sampleMessages.ts";

const stream = (name: string, modality: StreamInfo["modality"], rate: number): StreamInfo => ({
  stream: name,
  modality,
  rate,
  unit: "",
  view: { kind: "none" },
  counts: true,
});

/** A feed whose frames a test hands in. */
class FramesFeed extends SubjectFeed {
  readonly chunks = new Subject<Chunk>();

  override hello(): HelloMessage {
    const streams = [
      stream("audio", "audio", 100),
      stream("video", "video", 25),
      stream("text", "text", 0),
      stream("motion", "sensor", 50),
    ];
    return { ...super.hello(), streams };
  }

  frames(name: string): Subject<Chunk> | undefined {
    return name === "none" ? undefined : this.chunks;
  }
}

const chunk = (
  name: string,
  dtype: Chunk["dtype"],
  shape: readonly number[],
  data: Uint8Array,
): Chunk => ({
  site: "desk",
  stream: name,
  epoch: 1,
  firstSequence: 0,
  originTimes: [micros(1_700_000_000_250_001)],
  arrivalTime: START,
  dtype,
  shape,
  payload: data,
});
const bytesOf = (array: ArrayBufferView): Uint8Array =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

/** Settles once somebody listens to the frames. */
async function listening(feed: FramesFeed): Promise<void> {
  while (!feed.chunks.observed) await new Promise((resolve) => setImmediate(resolve));
}

const start = (feed: FramesFeed, options: Partial<ServerOptions> = {}): Promise<Server> =>
  Server.start(feed, { clock: new SystemClock(), port: 0, ...options });

describe("Foxglove's client at a running pipeline", () => {
  it("is told of every stream, the answers, the events and the health, with schemas", async () => {
    await using server = await start(new FramesFeed());
    for (const protocol of FOXGLOVE_PROTOCOLS) {
      const viewer = new Viewer(server.url, protocol);
      await viewer.advertised();
      expect([...viewer.channels].map(([topic, { schemaName }]) => [topic, schemaName])).toEqual([
        ["/streams/audio", "foxglove.RawAudio"],
        ["/streams/video", "foxglove.RawImage"],
        ["/streams/text", "foxglove.Log"],
        ["/streams/motion", "sensorium.Numbers"],
        ["/answers", "sensorium.Answer"],
        ["/events", "sensorium.Event"],
        ["/health", "sensorium.Health"],
      ]);
      for (const { encoding, schema, schemaEncoding } of viewer.channels.values()) {
        expect([encoding, schemaEncoding]).toEqual(["json", "jsonschema"]);
        expect(JSON.parse(schema)).toMatchObject({ type: "object" });
      }
      viewer.client.close();
    }
  });

  it("gets pictures, sound, captions and numbers as its panels draw them", async () => {
    const feed = new FramesFeed();
    await using server = await start(feed);
    const viewer = new Viewer(server.url);
    await viewer.advertised();
    const timestamp = { sec: 1_700_000_000, nsec: 250_001_000 };
    const sent: [string, Chunk, object][] = [
      [
        "/streams/video",
        chunk("video", "u8", [2, 3], Uint8Array.of(0, 1, 2, 3, 4, 5)),
        { timestamp, width: 3, height: 2, encoding: "mono8", step: 3, data: "AAECAwQF" },
      ],
      [
        "/streams/video",
        chunk("video", "u16", [1, 2], bytesOf(Uint16Array.of(1, 515))),
        { timestamp, width: 2, height: 1, encoding: "mono16", step: 4, data: "AQADAg==" },
      ],
      [
        "/streams/audio",
        chunk("audio", "i16", [160], new Uint8Array(320)),
        { timestamp, format: "pcm-s16", sample_rate: 16_000, number_of_channels: 1 },
      ],
      [
        "/streams/text",
        chunk("text", "utf8", [], new TextEncoder().encode('{"text":"bin","duration":1}')),
        { timestamp, level: 2, message: "bin", name: "text" },
      ],
      [
        "/streams/motion",
        chunk("motion", "f32", [2], bytesOf(Float32Array.of(0.5, Number.NaN))),
        { timestamp, values: [0.5, null] },
      ],
    ];
    for (const [topic, frame, expected] of sent) {
      const unsubscribe = viewer.subscribe(topic);
      await listening(feed);
      feed.chunks.next(frame);
      const heard = await viewer.next();
      expect(heard.topic).toBe(topic);
      expect(heard.time).toBe(1_700_000_000_250_001_000n);
      expect(heard.body).toMatchObject(expected);
      unsubscribe();
      while (feed.chunks.observed) await new Promise((resolve) => setImmediate(resolve));
    }
    viewer.client.close();
  });

  it("gets answers with their shares, events, and how the streams are", async () => {
    const feed = new FramesFeed();
    await using server = await start(feed);
    const viewer = new Viewer(server.url);
    await viewer.advertised();
    for (const topic of ["/answers", "/events", "/health"]) viewer.subscribe(topic);
    const { classes } = feed.hello();
    const rows: ServerMessage = {
      kind: "rows",
      rows: [
        {
          time: START,
          fused: [{ class: 1, probability: 0.9 }],
          streams: {
            video: {
              presence: "real",
              reading: { code: 7, margin: 1, weight: 0.25, top: [{ class: 0, probability: 0.5 }] },
            },
            audio: { presence: "missing", reason: "idle" },
          },
          subsets: [{ streams: ["audio", "video"], class: 1, probability: 0.9 }],
        },
      ],
    };
    const answer = await viewer.onceHeard(() => feed.messages.next(rows));
    expect(answer.topic).toBe("/answers");
    expect(answer.body).toMatchObject({
      label: classes[1],
      probability: 0.9,
      streams: [
        { stream: "video", presence: "real", label: classes[0], weight: 0.25, code: 7 },
        { stream: "audio", presence: "missing" },
      ],
      subsets: [{ streams: "audio+video", label: classes[1] }],
    });
    feed.messages.next({
      kind: "streams",
      time: START,
      streams: [
        { stream: "audio", state: "idle", rate: 0, counters: { late: 2, gap: 1 }, pluggable: true },
      ],
    });
    let health = await viewer.next();
    while (health.topic === "/answers") health = await viewer.next();
    expect(health.body).toMatchObject({ streams: [{ stream: "audio", state: "idle", unused: 3 }] });
    viewer.client.close();
  });

  it("is let go when it has vanished, and its frames are converted for nobody", async () => {
    const feed = new FramesFeed();
    await using server = await start(feed, { pingEvery: millis(100) });
    const gone = new Viewer(server.url, undefined, { autoPong: false });
    await gone.advertised();
    gone.subscribe("/streams/audio");
    await listening(feed);
    while (feed.chunks.observed) await new Promise((resolve) => setImmediate(resolve));
  });

  it("lets pages of other origins look on only if they are named", async () => {
    await using server = await start(new FramesFeed(), { viewerOrigins: ["https://app.example"] });
    const open = (origin: string): Promise<string> =>
      new Promise((resolve) => {
        const url = `${server.url.replace("http", "ws")}foxglove`;
        const socket = new WebSocket(url, [...FOXGLOVE_PROTOCOLS], { origin });
        socket.on("open", () => {
          resolve(socket.protocol);
          socket.close();
        });
        socket.on("error", ({ message }) => resolve(message));
      });
    expect(await open("https://evil.example")).toMatch(/403/);
    expect(await open("https://app.example")).toBe(FOXGLOVE_PROTOCOLS[0]);
    expect(server.counters.refusedOrigins).toBe(1);
  });
});
