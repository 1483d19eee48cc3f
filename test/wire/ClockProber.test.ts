import { firstValueFrom, toArray } from "rxjs";
import { describe, expect, it } from "vitest";
import { Dealer } from "zeromq";

import type { Clock } from "../../src/clock/Clock.ts";
import { roundTripOf } from "../../src/clock/ClockSample.ts";
import { DrivenClock } from "../../src/clock/DrivenClock.ts";
import { SystemClock } from "../../src/clock/SystemClock.ts";
import { micros } from "../../src/units.ts";
import { ClockProber } from "../../src/wire/ClockProber.ts";
import { ControlClient } from "../../src/wire/ControlClient.ts";
import { ControlServer } from "../../src/wire/ControlServer.ts";
import { decodeControl, encodeControl } from "../../src/wire/controlMessage.ts";
import { SkewedClock } from "../support/SkewedClock.ts";
import { take } from "./support.ts";

const hello = { site: "lab", stream: "audio", epoch: 7, pid: 42 };

/** A control path whose sensors are welcomed after their first wave. */
async function probed(clock: Clock) {
  const server = await ControlServer.open({
    clock,
    clockKind: "system",
    beforeWelcome: (hello) => prober.greet(hello),
  });
  const prober = new ClockProber({ server, clock });
  return {
    server,
    prober,
    async [Symbol.asyncDispose]() {
      await prober[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

describe("ClockProber", () => {
  it("probes a sensor eight times before its welcome", async () => {
    const clock = new SystemClock();
    await using line = await probed(clock);
    const waves = take(line.prober.waves, 1);
    const theirs = new SkewedClock(clock, { offset: 3_600_000_000, ppm: 0 });
    const connect = line.server.endpoint;
    await using client = await ControlClient.open({ connect, hello, clock: theirs });
    expect(client.welcome.clock).toBe("system");
    const [wave] = await waves;
    expect(wave).toMatchObject({ site: "lab", stream: "audio", epoch: 7 });
    expect(wave?.samples.length).toBe(8);
    for (const sample of wave?.samples ?? []) {
      expect(roundTripOf(sample)).toBeGreaterThanOrEqual(0);
      expect(sample.t1 - sample.t0).toBeGreaterThan(3_599_000_000);
      expect(sample.t3 - sample.t2).toBeLessThan(-3_599_000_000);
    }
    expect(line.server.refused).toBe(0);
  });

  it("goes on every two seconds", async () => {
    const start = 1_700_000_000_000_000;
    const clock = new DrivenClock(micros(start));
    await using line = await probed(clock);
    const waves = take(line.prober.waves, 3);
    const connect = line.server.endpoint;
    await using client = await ControlClient.open({ connect, hello, clock });
    expect(client.welcome.now).toBe(start);
    const ticking = setInterval(() => clock.advance(micros(clock.now() + 5_000)), 1);
    const all = await waves;
    clearInterval(ticking);
    expect(all.map(({ samples }) => Math.floor(((samples[0]?.t0 ?? 0) - start) / 1e6))).toEqual([
      0, 2, 4,
    ]);
  });

  it("asks a sensor for one wave at a time, however often it says hello", async () => {
    const clock = new SystemClock();
    await using line = await probed(clock);
    const waves: number[] = [];
    line.prober.waves.subscribe(({ samples }) => waves.push(samples.length));
    const connect = line.server.endpoint;
    await using client = await ControlClient.open({ connect, hello, clock });
    expect(client.welcome.clock).toBe("system");
    await Promise.all([line.prober.greet(hello), line.prober.greet(hello)]);
    expect(waves).toEqual([8, 8]);
  });

  it("greets a sensor that does not know probes all the same, and gives up on it", async () => {
    const clock = new SystemClock();
    await using line = await probed(clock);
    const waves = take(line.prober.waves, 1);
    const dealer = new Dealer({ linger: 0 });
    dealer.connect(line.server.endpoint);
    await dealer.send(encodeControl({ kind: "hello", ...hello }));
    const kinds: string[] = [];
    while (kinds.at(-1) !== "welcome") {
      const [body] = await dealer.receive();
      if (body) kinds.push(decodeControl(body).kind);
    }
    dealer.close();
    expect(kinds).toEqual([...new Array<string>(8).fill("probe"), "welcome"]);
    expect((await waves)[0]?.samples).toEqual([]);
  });

  it("takes an answer once, and only to a question of its own", async () => {
    const clock = new SystemClock();
    await using line = await probed(clock);
    const waves = take(line.prober.waves, 1);
    const dealer = new Dealer({ linger: 0 });
    dealer.connect(line.server.endpoint);
    await dealer.send(encodeControl({ kind: "hello", ...hello }));
    for (let kind = ""; kind !== "welcome"; ) {
      const [body] = await dealer.receive();
      const message = body && decodeControl(body);
      kind = message?.kind ?? "";
      if (message?.kind !== "probe") continue;
      const echo = { kind: "echo", t0: message.t0, t1: micros(5), t2: micros(6) } as const;
      await dealer.send(encodeControl({ ...echo, t0: micros(message.t0 + 1e9) }));
      await dealer.send(encodeControl(echo));
      await dealer.send(encodeControl(echo));
    }
    dealer.close();
    expect((await waves)[0]?.samples.length).toBe(8);
    expect(line.server.refused).toBeGreaterThanOrEqual(15);
  });

  it("stops when it is disposed, once", async () => {
    const clock = new SystemClock();
    const line = await probed(clock);
    const waves = firstValueFrom(line.prober.waves.pipe(toArray()));
    await line.prober[Symbol.asyncDispose]();
    await line.prober[Symbol.asyncDispose]();
    await line.server[Symbol.asyncDispose]();
    expect(await waves).toEqual([]);
  });
});
