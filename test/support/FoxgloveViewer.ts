import { type Channel, FoxgloveClient } from "@foxglove/ws-protocol";
import { type ClientOptions, WebSocket } from "ws";

import { FOXGLOVE_PROTOCOLS } from "../../src/server/foxglove/FoxgloveBridge.ts";

/** A viewer: Foxglove's own client. */
export class FoxgloveViewer {
  readonly client: FoxgloveClient;
  readonly channels = new Map<string, Channel>();
  readonly #topics = new Map<number, string>();
  readonly #heard: { topic: string; time: bigint; body: Record<string, unknown> }[] = [];
  #wake: () => void = () => {};

  /** @param options `autoPong: false` for one that leaves pings unanswered. */
  constructor(url: string, protocol = FOXGLOVE_PROTOCOLS[1] ?? "", options?: ClientOptions) {
    const socket = new WebSocket(`${url.replace("http", "ws")}foxglove`, [protocol], options);
    this.client = new FoxgloveClient({ ws: socket as never });
    this.client.on("advertise", (channels) => {
      for (const channel of channels) this.channels.set(channel.topic, channel);
      this.#wake();
    });
    this.client.on("unadvertise", (ids) => {
      for (const [topic, { id }] of this.channels)
        if (ids.includes(id)) this.channels.delete(topic);
      this.#wake();
    });
    this.client.on("message", ({ subscriptionId, timestamp, data }) => {
      const body = JSON.parse(
        Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString(),
      ) as Record<string, unknown>;
      this.#heard.push({ topic: this.#topics.get(subscriptionId) ?? "", time: timestamp, body });
      this.#wake();
    });
  }

  /** Settles once the channels are as the condition wants them; once there are any unless given. */
  async advertised(
    fits: (channels: ReadonlyMap<string, Channel>) => boolean = ({ size }) => size > 0,
  ): Promise<void> {
    while (!fits(this.channels)) await this.#news();
  }

  /** @returns What ends it. */
  subscribe(topic: string): () => void {
    const channel = this.channels.get(topic);
    if (channel === undefined) throw new Error(`no channel ${topic}`);
    const id = this.client.subscribe(channel.id);
    this.#topics.set(id, topic);
    return () => this.client.unsubscribe(id);
  }

  /** The next message, once it is there. */
  async next(): Promise<{ topic: string; time: bigint; body: Record<string, unknown> }> {
    for (;;) {
      const first = this.#heard.shift();
      if (first !== undefined) return first;
      await this.#news();
    }
  }

  /** Says something until it is heard: nobody tells when a subscription has reached the server. */
  async onceHeard(say: () => void): ReturnType<FoxgloveViewer["next"]> {
    const saying = setInterval(say, 5);
    try {
      return await this.next();
    } finally {
      clearInterval(saying);
    }
  }

  #news(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}
