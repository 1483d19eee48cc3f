import type { WebSocket } from "@fastify/websocket";
import { beforeEach, describe, expect, it } from "vitest";

import { FoxgloveBridge } from "../../../src/server/foxglove/FoxgloveBridge.ts";
import { bytes } from "../../../src/units.ts";
import { SubjectFeed } from "../../support/SubjectFeed.ts";
import { START } from "../../support/sampleMessages.ts";

/** A viewer's connection of which a test says how much waits in it. */
class Socket {
  readonly OPEN = 1;
  readyState = 1;
  bufferedAmount = 0;
  /** What was sent: the protocol's own texts, and messages once their last part has gone. */
  readonly texts: string[] = [];
  messages = 0;
  onmessage: (event: { data: string }) => void = () => {};
  onclose: (event: object) => void = () => {};

  send(data: string | Uint8Array, { fin }: { readonly fin: boolean }): void {
    if (typeof data === "string") this.texts.push(data);
    else if (fin) this.messages += 1;
  }
}

describe("a viewer that does not keep up", () => {
  let feed: SubjectFeed;
  let bridge: FoxgloveBridge;
  let socket: Socket;
  const say = (): void => feed.messages.next({ kind: "streams", time: START, streams: [] });

  beforeEach(() => {
    feed = new SubjectFeed();
    bridge = new FoxgloveBridge(feed, bytes(100));
    socket = new Socket();
    bridge.welcome(socket as unknown as WebSocket, "viewer");
    const channels: { id: number; topic: string }[] = socket.texts
      .map((text) => JSON.parse(text))
      .flatMap((message) => message.channels ?? []);
    const channelId = channels.find(({ topic }) => topic === "/health")?.id;
    const subscription = { op: "subscribe", subscriptions: [{ id: 0, channelId }] };
    socket.onmessage({ data: JSON.stringify(subscription) });
  });

  it("misses whole messages while too much waits for it, which are counted, and no others", () => {
    say();
    expect([socket.messages, bridge.skipped]).toEqual([1, 0]);
    socket.bufferedAmount = 101;
    say();
    say();
    expect([socket.messages, bridge.skipped]).toEqual([1, 2]);
    socket.bufferedAmount = 100;
    say();
    expect([socket.messages, bridge.skipped]).toEqual([2, 2]);
  });

  it("is told all the same of what comes and goes", () => {
    socket.bufferedAmount = 101;
    const before = socket.texts.length;
    feed.messages.next({ ...feed.hello(), streams: [] });
    expect(socket.texts.length).toBe(before + feed.hello().streams.length);
    expect(socket.texts.at(-1)).toContain('"unadvertise"');
  });

  it("is sent nothing once it is closing, and listened to for no more once it has closed", () => {
    socket.readyState = 2;
    say();
    expect([socket.messages, bridge.skipped]).toEqual([0, 0]);
    socket.onclose({});
    bridge[Symbol.dispose]();
    expect(feed.messages.observed).toBe(false);
  });
});
