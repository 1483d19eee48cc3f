import { firstValueFrom } from "rxjs";
import { describe, expect, it } from "vitest";

import { SystemClock } from "../../src/clock/SystemClock.ts";
import { ConfigError } from "../../src/errors.ts";
import { micros } from "../../src/units.ts";
import { ControlServer } from "../../src/wire/ControlServer.ts";
import { CurveGuard } from "../../src/wire/CurveGuard.ts";
import {
  type CurveClient,
  isCurveKey,
  makeCurveKeys,
  requireCurve,
  z85Of,
} from "../../src/wire/CurveKeys.ts";
import { Inlet } from "../../src/wire/Inlet.ts";
import { Outlet } from "../../src/wire/Outlet.ts";
import { audio, Collected } from "./support.ts";

const clock = new SystemClock();
const keys = makeCurveKeys();
const sensor = makeCurveKeys();
const stranger = makeCurveKeys();
const allowed = new Map([[sensor.publicKey, "microphone"]]);

/** Sends one frame with these keys, or none. */
async function push(inlet: Inlet, curve: CurveClient | undefined): Promise<Outlet> {
  const outlet = await Outlet.open({
    connect: inlet.endpoint,
    description: audio,
    epoch: 1,
    flushMs: 1,
    ...(curve !== undefined && { curve }),
  });
  await outlet.send({ originTime: micros(1_000_000), payload: new Uint8Array(8) });
  await outlet.flush();
  return outlet;
}

describe("an inlet with a guard", () => {
  it("takes the frames of a sensor on its list", async () => {
    await using guard = await CurveGuard.open({ keys, allowed });
    await using inlet = await Inlet.open({ streams: [audio], clock, guard });
    const collected = new Collected(inlet);
    await using _outlet = await push(inlet, { ...sensor, serverKey: keys.publicKey });
    await collected.until(({ frames }) => frames.length === 1);
    expect(guard.refused).toEqual({
      "unknown-key": 0,
      "wrong-server-key": 0,
      "not-encrypted": 0,
      other: 0,
    });
  });

  it.each([
    ["a key that is not on the list", ["unknown-key"], { ...stranger, serverKey: keys.publicKey }],
    [
      "another pipeline in mind",
      ["wrong-server-key"],
      { ...sensor, serverKey: stranger.publicKey },
    ],
    // Both ends see it; where the sensor's hangs up first, ours learns no more than that.
    ["no encryption", ["not-encrypted", "other"], undefined],
  ] as const)("refuses and counts a sensor with %s, and goes on", async (_, reasons, curve) => {
    await using guard = await CurveGuard.open({ keys, allowed });
    await using inlet = await Inlet.open({ streams: [audio], clock, guard });
    const collected = new Collected(inlet);
    const refusal = firstValueFrom(guard.refusals);
    await using _bad = await push(inlet, curve);
    const { reason, attempts } = await refusal;
    expect(reasons).toContain(reason);
    expect(attempts).toBe(1);
    if (reason === "unknown-key") {
      expect(await refusal).toMatchObject({ address: "127.0.0.1" });
      expect((await refusal).problem).toContain(stranger.publicKey);
    }
    expect(guard.refused[reason]).toBeGreaterThan(0);

    await using _good = await push(inlet, { ...sensor, serverKey: keys.publicKey });
    await collected.until(({ frames }) => frames.length > 0);
    // One frame: what the refused sensor sent never came in.
    expect(collected.frames).toHaveLength(1);
  });

  it("lets in whom it was told to allow later", async () => {
    await using guard = await CurveGuard.open({ keys, allowed: new Map() });
    await using inlet = await Inlet.open({ streams: [audio], clock, guard });
    const collected = new Collected(inlet);
    guard.allow(stranger.publicKey, "late comer");
    await using _outlet = await push(inlet, { ...stranger, serverKey: keys.publicKey });
    await collected.until(({ frames }) => frames.length === 1);
  });

  it("may listen beyond this machine, as may the control path; without a guard neither may", async () => {
    const bind = "tcp://0.0.0.0:*";
    await expect(Inlet.open({ streams: [audio], clock, bind })).rejects.toThrow(ConfigError);
    await expect(ControlServer.open({ clock, clockKind: "system", bind })).rejects.toThrow(
      "CURVE keys or insecure",
    );
    await using guard = await CurveGuard.open({ keys, allowed });
    await using inlet = await Inlet.open({ streams: [audio], clock, bind, guard });
    await using control = await ControlServer.open({ clock, clockKind: "system", bind, guard });
    expect([inlet.endpoint, control.endpoint].every((at) => at.includes("0.0.0.0"))).toBe(true);
  });
});

describe("a publisher that encrypts", () => {
  const pipeline = makeCurveKeys();
  const camera = makeCurveKeys();
  const listed = new Map([[camera.publicKey, "camera"]]);

  /** A publisher that sends a frame each 5 ms, since a subscriber hears nothing of what was sent before it came. */
  async function publishing(may: ReadonlyMap<string, string>) {
    const guard = await CurveGuard.open({ keys: camera, allowed: may });
    const publish = "tcp://127.0.0.1:*";
    const outlet = await Outlet.open({ publish, description: audio, epoch: 1, guard, flushMs: 1 });
    const timer = setInterval(() => {
      void outlet.send({ originTime: clock.now(), payload: new Uint8Array(8) });
    }, 5);
    return {
      guard,
      endpoint: outlet.endpoint,
      async [Symbol.asyncDispose]() {
        clearInterval(timer);
        await outlet[Symbol.asyncDispose]();
        await guard[Symbol.asyncDispose]();
      },
    };
  }

  it.each(["camera", camera.publicKey])("is heard as %s of the list", async (who) => {
    await using publisher = await publishing(new Map([[pipeline.publicKey, "pipeline"]]));
    await using guard = await CurveGuard.open({ keys: pipeline, allowed: listed });
    const connect = [`${who}@${publisher.endpoint}`];
    await using inlet = await Inlet.open({ streams: [audio], clock, guard, connect });
    const collected = new Collected(inlet);
    await collected.until(({ frames }) => frames.length > 0);
    expect(publisher.guard.refused).toMatchObject({ "unknown-key": 0, "not-encrypted": 0 });
  });

  it("does not speak to a pipeline that is not on its list", async () => {
    await using publisher = await publishing(new Map());
    await using guard = await CurveGuard.open({ keys: pipeline, allowed: listed });
    const connect = [`camera@${publisher.endpoint}`];
    await using inlet = await Inlet.open({ streams: [audio], clock, guard, connect });
    const collected = new Collected(inlet);
    const refusal = await firstValueFrom(publisher.guard.refusals);
    expect(refusal).toMatchObject({ reason: "unknown-key", address: "127.0.0.1" });
    expect(collected.frames).toHaveLength(0);
  });

  it("is not listened to if it turns out to be somebody else", async () => {
    await using publisher = await publishing(new Map([[pipeline.publicKey, "pipeline"]]));
    const allowed = new Map([[stranger.publicKey, "camera"]]);
    await using guard = await CurveGuard.open({ keys: pipeline, allowed });
    const connect = [`camera@${publisher.endpoint}`];
    await using inlet = await Inlet.open({ streams: [audio], clock, guard, connect });
    const collected = new Collected(inlet);
    await firstValueFrom(publisher.guard.refusals);
    expect(collected.frames).toHaveLength(0);
  });

  it("must be on the list, and is not reached in clear over a network where there are keys", async () => {
    const open = async (connect: string, given?: CurveGuard, insecure = false) => {
      const security = given === undefined ? {} : { guard: given };
      const options = { streams: [audio], clock, connect: [connect], insecure, ...security };
      await using _inlet = await Inlet.open(options);
    };
    await using guard = await CurveGuard.open({ keys: pipeline, allowed: listed });
    await expect(open("lidar@tcp://127.0.0.1:1", guard)).rejects.toThrow("to be lidar, got 0");
    await expect(open("camera@tcp://127.0.0.1:1")).rejects.toThrow("expected CURVE keys");
    await expect(open("tcp://192.0.2.1:1", guard)).rejects.toThrow("WHO@tcp://192.0.2.1:1");
    await open("tcp://192.0.2.1:1", guard, true);
    await open("tcp://127.0.0.1:1", guard);
  });

  it("may listen beyond this machine, as no other publisher may", async () => {
    const publish = "tcp://0.0.0.0:*";
    const options = { publish, description: audio, epoch: 1 };
    await expect(Outlet.open(options)).rejects.toThrow("CURVE keys or insecure");
    await using guard = await CurveGuard.open({ keys: camera, allowed: new Map() });
    await using outlet = await Outlet.open({ ...options, guard });
    expect(outlet.endpoint).toContain("0.0.0.0");
  });
});

describe("keys", () => {
  it("are written as RFC 32 says", () => {
    expect(z85Of(Uint8Array.of(0x86, 0x4f, 0xd2, 0x6f, 0xb5, 0x59, 0xf7, 0x5b))).toBe("HelloWorld");
    for (const key of Object.values(makeCurveKeys())) expect(isCurveKey(key)).toBe(true);
    expect(["", keys.publicKey.slice(1), `${keys.publicKey.slice(1)}~`].some(isCurveKey)).toBe(
      false,
    );
  });

  it("are refused before anything is opened when they are none", async () => {
    const bad = { publicKey: "short", secretKey: keys.secretKey };
    await expect(CurveGuard.open({ keys: bad, allowed })).rejects.toThrow("publicKey must be 40");
    await expect(CurveGuard.open({ keys, allowed: new Map([["x", "y"]]) })).rejects.toThrow(
      "key of y",
    );
    const curve = { ...sensor, serverKey: "short" };
    const connect = "tcp://127.0.0.1:1";
    await expect(Outlet.open({ connect, description: audio, epoch: 1, curve })).rejects.toThrow(
      "serverKey must be 40",
    );
  });

  it("cannot be used with a library that cannot encrypt: nothing starts in clear", () => {
    expect(() => requireCurve("run", { version: "4.3.5", encrypts: false })).toThrow(
      "run: expected a ZeroMQ library with CURVE, got 4.3.5 without",
    );
  });
});
