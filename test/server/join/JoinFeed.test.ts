import { describe, expect, it, onTestFinished, vi } from "vitest";

import { DrivenClock } from "../../../src/clock/DrivenClock.ts";
import { ConfigError } from "../../../src/errors.ts";
import type { StreamDescription } from "../../../src/frames/StreamDescription.ts";
import type { JoinDesk } from "../../../src/server/join/JoinDesk.ts";
import { JoinFeed, type JoinFeedCounters } from "../../../src/server/join/JoinFeed.ts";
import type { JoinOffer } from "../../../src/server/join/joinOffers.ts";
import { hertz, micros, seconds } from "../../../src/units.ts";
import type { Outlet } from "../../../src/wire/Outlet.ts";
import { text as words } from "../../wire/support.ts";

const numbers: StreamDescription = {
  ...words,
  stream: "numbers",
  modality: "sensor",
  dtype: "u8",
  shape: [2],
  rate: hertz(25),
};
const offered = (form: StreamDescription): JoinOffer => ({
  name: form.stream,
  form,
  feeds: [form],
});

/** A way into a pipeline that takes a frame when it is told to, and writes down what it is asked. */
class Way {
  readonly asked: string[] = [];
  readonly #taken: (() => void)[] = [];

  send({ payload }: { readonly payload: Uint8Array }): Promise<void> {
    this.asked.push(`send ${payload}`);
    return new Promise((resolve) => this.#taken.push(resolve));
  }

  async heartbeat(): Promise<void> {
    this.asked.push("heartbeat");
  }

  async bye(): Promise<void> {
    this.asked.push("bye");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.asked.push("dispose");
  }

  /** Takes so many of the frames that wait; settles when whoever sent them knows. */
  async take(count: number): Promise<void> {
    for (const taken of this.#taken.splice(0, count)) taken();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

async function open(offer: JoinOffer) {
  const way = new Way();
  const counters: JoinFeedCounters = { frames: 0, dropped: 0 };
  const clock = new DrivenClock(seconds(1_700_000_000));
  const desk = { clock, open: async () => way as unknown as Outlet } as unknown as JoinDesk;
  const feed = await JoinFeed.open(offer, desk, counters, () => {});
  const give = (stream: string, payload: readonly number[], frames: number) =>
    feed.handOn({
      ...{ kind: "frames", stream, payload: Uint8Array.from(payload) },
      times: Array.from({ length: frames }, (_, i) => micros(i)),
    });
  return { feed, way, counters, give };
}

describe("the frames of a page", () => {
  it("are handed on one by one, each with its own bytes", async () => {
    const { way, give } = await open(offered(numbers));
    expect(give("numbers", [1, 2, 3, 4], 2)).toBeUndefined();
    expect(way.asked).toEqual(["send 1,2", "send 3,4"]);
  });

  it("are left out while 256 of them wait, and counted; then they go on", async () => {
    const { way, counters, give } = await open(offered(numbers));
    for (let i = 0; i < 260; i++) give("numbers", [0, 0], 1);
    expect(counters).toEqual({ frames: 256, dropped: 4 });
    await way.take(2);
    for (let i = 0; i < 3; i++) give("numbers", [0, 0], 1);
    expect(counters).toEqual({ frames: 258, dropped: 5 });
  });

  it("are none where they are not as long as what was offered, or there is none", async () => {
    const { way, give } = await open(offered(numbers));
    expect(give("numbers", [1, 2, 3], 1)).toMatch(/expected 1 frames of 2 bytes, got 3 bytes/);
    expect(give("numbers", [], 0)).toMatch(/expected 0 frames of 2 bytes, got 0 bytes/);
    const text = await open(offered(words));
    expect(text.give(words.stream, [65, 66], 2)).toBe("expected one text a message, got 2");
    expect([...way.asked, ...text.way.asked]).toEqual([]);
  });

  it("are of a stream that was opened, also where a converter makes them", async () => {
    const converter = () => ({
      push: () => [{ stream: "ether", originTime: micros(0), payload: new Uint8Array(2) }],
    });
    const { give } = await open({ ...offered(numbers), converter });
    expect(() => give("numbers", [1, 2], 1)).toThrow(ConfigError);
  });
});

describe("a stream that a page feeds", () => {
  it("says bye where it is closed, and nothing where the page has vanished", async () => {
    for (const saysBye of [true, false]) {
      const { feed, way } = await open(offered(numbers));
      await feed.close({ now: micros(5), saysBye });
      expect(way.asked).toEqual(saysBye ? ["bye", "dispose"] : ["dispose"]);
    }
  });

  it("beats between frames that come as things happen, until it is closed", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    onTestFinished(() => void vi.useRealTimers());
    const { feed, way } = await open(offered({ ...words, rate: "irregular" }));
    vi.advanceTimersByTime(80);
    expect(way.asked).toEqual(["heartbeat", "heartbeat"]);
    await feed.close({ now: micros(5), saysBye: true });
    vi.advanceTimersByTime(400);
    expect(way.asked).toEqual(["heartbeat", "heartbeat", "bye", "dispose"]);
    const steady = await open(offered(numbers));
    vi.advanceTimersByTime(400);
    expect(steady.way.asked).toEqual([]);
  });
});
