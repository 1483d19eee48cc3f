import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { type ClientOptions, WebSocket } from "ws";

import { SystemClock } from "../../../src/clock/SystemClock.ts";
import { ConfigError, WireError } from "../../../src/errors.ts";
import type { StreamDescription } from "../../../src/frames/StreamDescription.ts";
import type { PageSense } from "../../../src/pipeline/PageSense.ts";
import type { JoinDesk } from "../../../src/server/join/JoinDesk.ts";
import { joinOffers } from "../../../src/server/join/joinOffers.ts";
import {
  decodeJoinServer,
  encodeJoin,
  type JoinClientMessage,
  type JoinServerMessage,
} from "../../../src/server/joinProtocol.ts";
import { Server, type ServerOptions } from "../../../src/server/Server.ts";
import { hertz, micros, millis } from "../../../src/units.ts";
import { Inlet } from "../../../src/wire/Inlet.ts";
import { Outlet } from "../../../src/wire/Outlet.ts";
import type { WireMessage } from "../../../src/wire/WireMessage.ts";
import { SubjectFeed } from "../../support/SubjectFeed.ts";
import { text as words } from "../../wire/support.ts";

const TOKEN = "a token that nobody guesses";
const clock = new SystemClock();
const picture: StreamDescription = {
  ...words,
  stream: "picture",
  modality: "video",
  dtype: "u8",
  shape: [2, 2],
  rate: hertz(25),
};

/** What a page's pen gives, and what becomes of it: each sample's two numbers four times, as a picture. */
const senses: Readonly<Record<string, PageSense>> = {
  pen: {
    source: "pen",
    feeds: ["picture"],
    hint: "Draw.",
    rest: millis(500),
    conversion: {
      form: { modality: "sensor", dtype: "u8", shape: [2], rate: "irregular", unit: "" },
      converter: () => ({
        push({ originTime, payload: [first = 0, second = 0] }) {
          if (first === 0) throw new WireError("pen", "payload", "expected ink, got none");
          const payload = Uint8Array.of(first, second, first, second);
          return [{ stream: "picture", originTime, payload }];
        },
      }),
    },
  },
};

/** A server that lets pages in to an inlet, all but the stream that it `refuses`, and what the inlet hears. */
async function open(
  named?: typeof senses,
  { refuses, ...more }: Partial<ServerOptions> & { readonly refuses?: string } = {},
): Promise<AsyncDisposable & { server: Server; heard: WireMessage[]; outlets: Outlet[] }> {
  const inlet = await Inlet.open({ streams: [words, picture], clock, bind: "tcp://127.0.0.1:*" });
  const heard: WireMessage[] = [];
  inlet.deliveries.subscribe((delivery) => {
    const { message } = delivery;
    heard.push(message);
    delivery.release();
  });
  const outlets: Outlet[] = [];
  const desk: JoinDesk = {
    pipeline: "test",
    summary: "A test.",
    offers: joinOffers(named, [words, picture], []),
    clock,
    token: TOKEN,
    open: async (description, epoch) => {
      if (description.stream === refuses) throw new ConfigError("lend", "expected another stream");
      const outlet = await Outlet.open({ connect: inlet.endpoint, description, epoch });
      outlets.push(outlet);
      return outlet;
    },
  };
  const server = await Server.start(new SubjectFeed(), { clock, port: 0, join: desk, ...more });
  return {
    server,
    heard,
    outlets,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await inlet[Symbol.asyncDispose]();
    },
  };
}

/** A page, as a program. */
class Page {
  readonly socket: WebSocket;
  readonly #heard: JoinServerMessage[] = [];
  #wake: () => void = () => {};

  constructor(url: string, token = TOKEN, options: ClientOptions = {}) {
    const address = `${url.replace("http", "ws")}sense?token=${encodeURIComponent(token)}`;
    this.socket = new WebSocket(address, options);
    this.socket.on("message", (data: Buffer) => {
      const { message, problem } = decodeJoinServer(data);
      if (message === undefined) throw new Error(problem);
      this.#heard.push(message);
      this.#wake();
    });
  }

  say(message: JoinClientMessage): void {
    this.socket.send(encodeJoin(message));
  }

  async next(): Promise<JoinServerMessage> {
    for (;;) {
      const first = this.#heard.shift();
      if (first !== undefined) return first;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

const isData = (message: WireMessage): message is Extract<WireMessage, { kind: "data" }> =>
  message.kind === "data";

describe("a page that senses", () => {
  it("is told what there is to feed, and its frames reach the inlet with their times", async () => {
    await using house = await open();
    const page = new Page(house.server.url);
    expect(await page.next()).toMatchObject({
      kind: "welcome",
      pipeline: "test",
      streams: [
        { stream: words.stream, dtype: "utf8", rate: 0 },
        { stream: "picture", dtype: "u8", shape: [2, 2], rate: 25 },
      ],
    });
    page.say({ kind: "open", stream: "picture" });
    expect(await page.next()).toEqual({ kind: "opened", stream: "picture" });
    const times = [micros(1_700_000_000_000_000), micros(1_700_000_000_040_000)];
    page.say({
      kind: "frames",
      stream: "picture",
      times,
      payload: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8),
    });
    await until(() => house.heard.filter(isData).length > 0);
    const [{ chunk } = { chunk: undefined }] = house.heard.filter(isData);
    expect(chunk?.originTimes).toEqual(times);
    expect([...(chunk?.payload ?? [])]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(house.server.pages).toMatchObject({ pages: 1, frames: 2, malformed: 0 });

    page.say({ kind: "close", stream: "picture" });
    await until(() => house.heard.some(({ kind }) => kind === "bye"));
    page.socket.close();
    await until(() => house.server.pages.pages === 0);
  });

  it("lends what the pipeline names alone, made into the pipeline's own frames", async () => {
    await using house = await open(senses);
    const page = new Page(house.server.url);
    expect(await page.next()).toMatchObject({
      streams: [
        {
          ...{ stream: "pen", dtype: "u8", shape: [2], rate: 0 },
          ...{ source: "pen", hint: "Draw.", rest: 500_000, becomes: ["picture"] },
        },
      ],
    });
    page.say({ kind: "open", stream: "pen" });
    expect(await page.next()).toEqual({ kind: "opened", stream: "pen" });
    const times = [micros(1_000), micros(2_000)];
    page.say({ kind: "frames", stream: "pen", times, payload: Uint8Array.of(1, 2, 3, 4) });
    await until(() => house.heard.filter(isData).length > 0);
    const [{ chunk } = { chunk: undefined }] = house.heard.filter(isData);
    expect(chunk?.stream).toBe("picture");
    expect(chunk?.originTimes).toEqual(times);
    expect([...(chunk?.payload ?? [])]).toEqual([1, 2, 1, 2, 3, 4, 3, 4]);
  });

  it("is told what cannot be converted", async () => {
    await using house = await open(senses);
    const page = new Page(house.server.url);
    await page.next();
    page.say({ kind: "open", stream: "pen" });
    await page.next();
    page.say({ kind: "frames", stream: "pen", times: [micros(1)], payload: new Uint8Array(2) });
    expect(await page.next()).toEqual({
      ...{ kind: "refused", stream: "pen", text: "pen: expected ink, got none" },
    });
    expect(house.server.pages).toMatchObject({ frames: 0, malformed: 1 });
  });

  it("falls silent without a bye when it vanishes", async () => {
    await using house = await open();
    const page = new Page(house.server.url);
    await page.next();
    page.say({ kind: "open", stream: words.stream });
    await page.next();
    await until(() => house.heard.some(({ kind }) => kind === "heartbeat"));
    page.socket.terminate();
    await until(() => house.server.pages.pages === 0);
    expect(house.heard.some(({ kind }) => kind === "bye")).toBe(false);
  });

  it("is let go when it is gone without a word: nothing of it seems to live on", async () => {
    await using house = await open(undefined, { pingEvery: millis(100) });
    const gone = new Page(house.server.url, TOKEN, { autoPong: false });
    const stays = new Page(house.server.url);
    await gone.next();
    await stays.next();
    gone.say({ kind: "open", stream: words.stream });
    expect(await gone.next()).toEqual({ kind: "opened", stream: words.stream });

    const [outlet] = house.outlets;
    const beat = (): Promise<unknown> =>
      outlet?.heartbeat(clock.now(), clock.now()).then(
        () => "beats",
        (problem: Error) => problem.message,
      ) ?? Promise.resolve("none");
    await expect.poll(beat, { timeout: 30_000 }).toMatch(/expected to be open, got closed/);
    expect(house.heard.some(({ kind }) => kind === "bye")).toBe(false);
    expect(stays.socket.readyState).toBe(WebSocket.OPEN);
  });

  it("lends nothing of a sense that feeds several streams where one of them cannot be lent", async () => {
    const both: typeof senses = { mouth: { source: "words", feeds: [words.stream, "picture"] } };
    await using house = await open(both, { refuses: "picture" });
    const page = new Page(house.server.url);
    await page.next();
    page.say({ kind: "open", stream: "mouth" });
    expect(await page.next()).toMatchObject({
      kind: "refused",
      text: expect.stringContaining("expected another stream"),
    });
    await expect(house.outlets[0]?.heartbeat(clock.now(), clock.now())).rejects.toThrow(
      "got closed",
    );
  });

  it("is answered probes by the server's clock, at once", async () => {
    await using house = await open();
    const page = new Page(house.server.url);
    await page.next();
    const before = clock.now();
    page.say({ kind: "probe", id: 7 });
    const answer = await page.next();
    expect(answer).toMatchObject({ kind: "probed", id: 7 });
    if (answer.kind !== "probed") throw new Error("not an answer");
    expect(answer.time).toBeGreaterThanOrEqual(before);
    expect(answer.time).toBeLessThanOrEqual(clock.now());
  });

  it("is told what does not fit, and what fits still gets through", async () => {
    await using house = await open();
    const page = new Page(house.server.url);
    await page.next();
    const frames = (bytes: number): JoinClientMessage => ({
      kind: "frames",
      stream: "picture",
      times: [micros(1)],
      payload: new Uint8Array(bytes),
    });
    page.say(frames(4));
    expect(await page.next()).toMatchObject({ kind: "refused", text: "picture is not open" });
    page.say({ kind: "open", stream: "smell" });
    expect(await page.next()).toMatchObject({ text: "there is no stream smell" });
    page.say({ kind: "open", stream: "picture" });
    await page.next();
    page.socket.send(Buffer.from("nonsense"));
    page.say(frames(5));
    expect(await page.next()).toMatchObject({ text: "expected 1 frames of 4 bytes, got 5 bytes" });
    page.say(frames(4));
    await until(() => house.heard.some(isData));
    expect(house.server.pages).toMatchObject({ frames: 1, malformed: 4 });
  });

  it("is not let in without the token, nor with another, nor from another page", async () => {
    await using house = await open();
    const refusal = async (socket: WebSocket): Promise<string> => {
      const [problem] = (await once(socket, "error")) as [Error];
      return problem.message;
    };
    expect(await refusal(new Page(house.server.url, "").socket)).toMatch(/403/);
    expect(await refusal(new Page(house.server.url, "a guess").socket)).toMatch(/403/);
    const address = `${house.server.url.replace("http", "ws")}sense?token=${encodeURIComponent(TOKEN)}`;
    const stranger = new WebSocket(address, { origin: "https://evil.example" });
    expect(await refusal(stranger)).toMatch(/403/);
    expect(house.server.pages).toMatchObject({ pages: 0, refused: 3 });
  });

  it("has nowhere to go where nobody asked for it", async () => {
    const options: ServerOptions = { clock, port: 0 };
    await using server = await Server.start(new SubjectFeed(), options);
    const { status } = await fetch(`${server.url}sense?token=x`);
    expect(status).toBe(404);
  });
});
