import fc from "fast-check";
import { filter, firstValueFrom, skip, toArray } from "rxjs";
import { describe, expect, it } from "vitest";
import { Dealer } from "zeromq";

import { DrivenClock } from "../../src/clock/DrivenClock.ts";
import { ConfigError, WireError } from "../../src/errors.ts";
import { micros } from "../../src/units.ts";
import { ControlClient } from "../../src/wire/ControlClient.ts";
import { ControlServer } from "../../src/wire/ControlServer.ts";
import {
  type ControlMessage,
  decodeControl,
  encodeControl,
} from "../../src/wire/controlMessage.ts";
import { CuttableLine } from "../support/CuttableLine.ts";
import { audio, freshAddress, take, text } from "./support.ts";

const clock = new DrivenClock(micros(1_700_000_000_000_000));
const hello = { site: "lab", stream: "audio", epoch: 0xabcdef012345, pid: 42 };

describe("a control message", () => {
  it.each<ControlMessage>([
    { kind: "hello", ...hello },
    { kind: "hello", ...hello, dtype: "i16", shape: [4] },
    { kind: "hello", ...hello, dtype: "utf8", shape: [] },
    { kind: "refused", problem: "expected a sensor of lab/audio, got lab/smell" },
    { kind: "welcome", clock: "driven", now: micros(1_700_000_000_000_000) },
    { kind: "welcome", clock: "system", now: micros(0) },
    { kind: "tick", now: micros(1_700_000_000_040_000) },
    { kind: "probe", t0: micros(1_700_000_000_040_000) },
    { kind: "echo", t0: micros(1_700_000_000_040_000), t1: micros(0), t2: micros(7) },
  ])("decodes to what was encoded: %j", (message) => {
    const bytes = encodeControl(message);
    expect(decodeControl(bytes)).toEqual(message);
    for (let length = 0; length < bytes.byteLength; length++)
      expect(() => decodeControl(bytes.subarray(0, length))).toThrow(WireError);
  });

  it("throws only WireError, on any bytes", () => {
    const whole = encodeControl({ kind: "hello", ...hello });
    const changed = fc.tuple(fc.nat(whole.length - 1), fc.nat(255)).map(([at, byte]) => {
      return whole.with(at, byte);
    });
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 100 }), changed), (bytes) => {
        try {
          decodeControl(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(WireError);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

describe.each(["tcp", "ipc", "inproc"] as const)("the control path over %s", (transport) => {
  it("greets a sensor and drives its clock", async () => {
    using at = freshAddress(transport);
    await using server = await ControlServer.open({
      bind: at.address,
      clock,
      clockKind: "driven",
    });
    const hellos = take(server.hellos, 1);
    await using client = await ControlClient.open({ connect: server.endpoint, hello, clock });
    expect(client.welcome).toEqual({
      kind: "welcome",
      clock: "driven",
      now: clock.now(),
      onePart: true,
    });
    expect(await hellos).toEqual([{ kind: "hello", ...hello }]);
    const ticks = take(client.ticks, 3);
    for (const step of [1, 2, 3]) await server.tick(micros(clock.now() + step));
    expect(await ticks).toEqual([1, 2, 3].map((step) => clock.now() + step));
  });
});

describe("ControlServer", () => {
  it("forgets a sensor that is gone and goes on with the others", async () => {
    await using server = await ControlServer.open({ clock, clockKind: "driven" });
    const connect = server.endpoint;
    const gone = await ControlClient.open({ connect, clock, hello });
    await using other = await ControlClient.open({
      connect,
      clock,
      hello: { ...hello, stream: "video" },
    });
    await gone[Symbol.asyncDispose]();
    await gone[Symbol.asyncDispose]();
    const ticks = take(other.ticks, 50);
    for (let now = 1; now <= 50; now++) await server.tick(micros(now));
    expect((await ticks).at(-1)).toBe(50);
  });

  it("ticks the newest sensor of a stream only", async () => {
    await using server = await ControlServer.open({ clock, clockKind: "driven" });
    const connect = server.endpoint;
    const old = await ControlClient.open({ connect, clock, hello });
    await using young = await ControlClient.open({ connect, clock, hello: { ...hello, epoch: 2 } });
    const stale = firstValueFrom(old.ticks.pipe(toArray()));
    const ticks = take(young.ticks, 1);
    await server.tick(micros(5));
    expect(await ticks).toEqual([5]);
    await old[Symbol.asyncDispose]();
    expect(await stale).toEqual([]);
  });

  it("counts what is no hello and goes on", async () => {
    await using server = await ControlServer.open({ clock, clockKind: "system" });
    const dealer = new Dealer({ linger: 0 });
    dealer.connect(server.endpoint);
    await dealer.send("nonsense");
    await dealer.send(["two", "parts"]);
    await dealer.send(encodeControl({ kind: "tick", now: micros(1) }));
    await dealer.send(encodeControl({ kind: "hello", ...hello }));
    const [answer] = await dealer.receive();
    expect(answer && decodeControl(answer).kind).toBe("welcome");
    expect(server.refused).toBe(3);
    dealer.close();
  });

  it("refuses a sensor of another stream, or of other frames, says why to both, and goes on", async () => {
    const streams = [audio, text];
    await using server = await ControlServer.open({ clock, clockKind: "system", streams });
    const connect = server.endpoint;
    const open = (more: object) =>
      ControlClient.open({ connect, clock, hello: { ...hello, ...more } });
    const refusals = take(server.refusals, 3);
    await expect(open({ stream: "smell" })).rejects.toThrow(
      "expected a sensor of lab/audio, lab/text, got lab/smell",
    );
    await expect(open({ dtype: "f32", shape: [4] })).rejects.toThrow(
      "expected frames of audio to be i16 [4], got f32 [4]",
    );
    await expect(open({ dtype: "i16", shape: [2, 2] })).rejects.toThrow(ConfigError);
    expect((await refusals).map((refusal) => refusal.hello.stream)).toEqual([
      "smell",
      "audio",
      "audio",
    ]);
    expect([server.refused, server.peers.length]).toEqual([3, 0]);
    for (const more of [
      {},
      { dtype: "i16", shape: [4] },
      { stream: "text", dtype: "utf8", shape: [] },
    ]) {
      await using client = await open(more);
      expect(client.welcome.kind).toBe("welcome");
    }
  });

  it("listens on this machine only, unless told otherwise", async () => {
    const open = ControlServer.open({ clock, clockKind: "system", bind: "tcp://0.0.0.0:*" });
    await expect(open).rejects.toThrow(ConfigError);
  });

  it("completes its hellos when it is disposed, and is disposed once", async () => {
    const server = await ControlServer.open({ clock, clockKind: "system" });
    const hellos = firstValueFrom(server.hellos.pipe(toArray()));
    await server[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
    expect(await hellos).toEqual([]);
  });
});

describe("ControlClient", () => {
  it("says hello again when its line was cut, and hears the ticks again", async () => {
    await using server = await ControlServer.open({ clock, clockKind: "driven" });
    await using line = await CuttableLine.open(server.endpoint);
    const hellos = take(server.hellos, 3);
    await using client = await ControlClient.open({ connect: line.endpoint, clock, hello });
    for (let cuts = 1; cuts <= 2; cuts++) {
      const rejoined = firstValueFrom(client.rejoins.pipe(skip(cuts === 1 ? 0 : 1)));
      line.cut();
      expect(await rejoined).toEqual({ ...client.welcome });
      const ticked = firstValueFrom(client.ticks.pipe(filter((now) => now === cuts)));
      await server.tick(micros(cuts));
      expect(await ticked).toBe(cuts);
    }
    expect(await hellos).toEqual(Array(3).fill({ kind: "hello", ...hello }));
    expect(server.peers).toHaveLength(1);
  });

  it("waits for a pipeline that is not there yet, until told to stop", async () => {
    const stop = new AbortController();
    const opening = ControlClient.open({
      connect: "tcp://127.0.0.1:1",
      clock,
      hello,
      signal: stop.signal,
    });
    stop.abort(new Error("enough"));
    await expect(opening).rejects.toThrow("enough");
  });

  it("refuses an address that is none", async () => {
    await expect(ControlClient.open({ connect: "nonsense", clock, hello })).rejects.toThrow(
      ConfigError,
    );
  });
});
