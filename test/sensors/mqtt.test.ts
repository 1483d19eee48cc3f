import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { Aedes } from "aedes";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { mqtt } from "../../sensors/mqtt.ts";
import { ConfigError, SensorError } from "../../src/errors.ts";
import { micros } from "../../src/units.ts";
import { text as words } from "../wire/support.ts";
import { context, numbers, sensedNumbers } from "./sensed.ts";

let broker: Aedes;
let server: ReturnType<typeof createServer>;
let url: string;
beforeEach(async () => {
  broker = await Aedes.createBroker();
  server = createServer(broker.handle).listen(0, "127.0.0.1");
  await once(server, "listening");
  url = `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  await new Promise<void>((resolve) => broker.close(() => resolve()));
  server.close();
});

/** Publishes, once somebody has subscribed. */
async function publish(topic: string, ...payloads: readonly (string | Buffer)[]): Promise<void> {
  await once(broker, "subscribe");
  for (const payload of payloads)
    await new Promise<void>((resolve, reject) =>
      broker.publish(
        { cmd: "publish", topic, payload, qos: 0, dup: false, retain: false },
        (problem) => (problem ? reject(problem) : resolve()),
      ),
    );
}

describe("the mqtt sensor", () => {
  it("leaves out raw messages of another size than a frame, and goes on", async () => {
    const quiet = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    const options = { url, topic: "raw", form: "raw" };
    const frames = sensedNumbers(mqtt, options, context(numbers(1)), 1);
    await publish("raw", Buffer.alloc(7), Buffer.from(Float64Array.of(4.5).buffer));
    expect((await frames).map(({ values }) => [...values])).toEqual([[4.5]]);
    expect(quiet).toHaveBeenCalledWith(expect.stringContaining("mqtt: expected raw"));
    quiet.mockRestore();
  });

  it("takes numbers and their time from JSON, and leaves out what is none", async () => {
    const quiet = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    const options = {
      url,
      topic: "hall/+/climate",
      fields: ["t", "h"],
      time: "at",
      timeUnit: "ms",
    };
    const frames = sensedNumbers(mqtt, options, context(numbers(2)), 2);
    await publish(
      "hall/3/climate",
      '{"t": 21.5, "h": 40, "at": 1700000000000}',
      "no JSON",
      '{"t": 22, "h": 41, "at": 1700000000250}',
    );
    const seen = await frames;
    quiet.mockRestore();
    expect(seen.map(({ originTime, values }) => [originTime, ...values])).toEqual([
      [micros(1_700_000_000_000_000), 21.5, 40],
      [micros(1_700_000_000_250_000), 22, 41],
    ]);
  });

  it("takes plain numbers, stamped when they come", async () => {
    const told = context(numbers(3));
    const before = told.clock.now();
    const frames = sensedNumbers(mqtt, { url, topic: "x", form: "numbers" }, told, 1);
    await publish("x", "1, 2;3");
    const [frame] = await frames;
    expect(frame?.values).toEqual([1, 2, 3]);
    expect(frame?.originTime).toBeGreaterThanOrEqual(before);
  });

  it("takes text as captions and bytes as they are", async () => {
    const told = context({ ...words, stream: "text" });
    const iterator = mqtt
      .create({ url, topic: "say", form: "text" })
      .frames(told)
      [Symbol.asyncIterator]();
    const first = iterator.next();
    await publish("say", "hello");
    const { value } = await first;
    expect(JSON.parse(new TextDecoder().decode(value?.payload))).toEqual({
      text: "hello",
      duration: 0,
    });
    await iterator.return?.();

    const raw = sensedNumbers(mqtt, { url, topic: "raw", form: "raw" }, context(numbers(1)), 1);
    await publish("raw", Buffer.from(new Float64Array([1.25]).buffer));
    expect((await raw)[0]?.values).toEqual([1.25]);
  });

  it("says so when there is no broker, without telling the password", async () => {
    const nobody = { url: "mqtt://me:secret@127.0.0.1:1", topic: "x", form: "numbers" };
    const failed = sensedNumbers(mqtt, nobody, context(numbers(1)), 1);
    await expect(failed).rejects.toThrow(SensorError);
    await expect(failed).rejects.toThrow(/a broker at mqtt:\/\/127.0.0.1:1, got/);
  });

  it("ends when it is told to", async () => {
    const stop = new AbortController();
    const told = context(numbers(1), { signal: stop.signal });
    const frames = sensedNumbers(mqtt, { url, topic: "x", form: "numbers" }, told);
    await once(broker, "subscribe");
    stop.abort(new Error("enough"));
    await expect(frames).rejects.toThrow("enough");
  });

  it("refuses options that cannot be", () => {
    expect(() => mqtt.create({ url: "http://x", topic: "x" })).toThrow(ConfigError);
    expect(() => mqtt.create({ url: "mqtt://x", topic: "x" })).toThrow(/fields for json/);
  });
});
