import { beforeEach, describe, expect, it } from "vitest";

import { ClientLane, type LaneSocket } from "../../src/server/ClientLane.ts";
import { bytes, micros, seconds } from "../../src/units.ts";

class FakeSocket implements LaneSocket {
  bufferedAmount = 0;
  readonly sent: string[] = [];
  closedWith: number | undefined;
  terminated = false;

  send(frame: Uint8Array): void {
    this.sent.push(new TextDecoder().decode(frame));
  }

  close(code: number): void {
    this.closedWith = code;
  }

  terminate(): void {
    this.terminated = true;
  }
}

const frame = (text: string): Uint8Array => new TextEncoder().encode(text);
const at = (second: number) => micros(second * 1_000_000);

describe("ClientLane", () => {
  let socket: FakeSocket;
  let lane: ClientLane;

  beforeEach(() => {
    socket = new FakeSocket();
    const limits = { highWaterMark: bytes(100), limit: bytes(1_000), patience: seconds(5) };
    lane = new ClientLane(socket, limits, (rows) => frame(`skipped ${rows}`));
  });

  it("sends everything to a client that keeps up", () => {
    socket.bufferedAmount = 100;
    lane.send("rows", frame("r1"), 1, at(0));
    lane.send("streams", frame("s1"), 0, at(0));
    expect(socket.sent).toEqual(["r1", "s1"]);
    expect(lane.skipped).toBe(0);
  });

  it("skips rows and keeps only the newest state while too much waits, but sends events", () => {
    socket.bufferedAmount = 101;
    lane.send("rows", frame("r1"), 2, at(0));
    lane.send("streams", frame("s1"), 0, at(0));
    lane.send("streams", frame("s2"), 0, at(0));
    lane.send("events", frame("e1"), 0, at(0));
    expect(socket.sent).toEqual(["e1"]);
    expect(lane.skipped).toBe(2);
  });

  it.each(["streams", "status", "latency", "learning", "hello"] as const)(
    "lets the newest %s stand for those before it while too much waits",
    (kind) => {
      socket.bufferedAmount = 101;
      lane.send(kind, frame("old"), 0, at(0));
      lane.send(kind, frame("new"), 0, at(1));
      socket.bufferedAmount = 0;
      lane.check(at(2));
      expect(socket.sent).toEqual(["new"]);
    },
  );

  it("sends what waited and says what was skipped as soon as there is room", () => {
    socket.bufferedAmount = 101;
    lane.send("rows", frame("r1"), 2, at(0));
    lane.send("streams", frame("s1"), 0, at(0));
    lane.send("streams", frame("s2"), 0, at(0));
    socket.bufferedAmount = 0;
    lane.check(at(1));
    lane.send("rows", frame("r2"), 1, at(1));
    expect(socket.sent).toEqual(["s2", "skipped 2", "r2"]);
    socket.bufferedAmount = 101;
    lane.check(at(2));
    socket.bufferedAmount = 0;
    lane.check(at(3));
    expect(socket.sent).toHaveLength(3);
  });

  it("closes with 1013 once patience runs out, and cuts the line when that does not help", () => {
    socket.bufferedAmount = 101;
    lane.check(at(0));
    lane.check(at(5));
    expect(socket.closedWith).toBeUndefined();
    lane.check(at(5.1));
    expect([socket.closedWith, lane.closed, socket.terminated]).toEqual([1013, true, false]);
    lane.send("events", frame("e1"), 0, at(6));
    expect(socket.sent).toEqual([]);
    lane.check(at(10.2));
    expect(socket.terminated).toBe(true);
  });

  it("measures patience from the last time it was not slow", () => {
    socket.bufferedAmount = 101;
    lane.check(at(0));
    socket.bufferedAmount = 0;
    lane.check(at(4));
    socket.bufferedAmount = 101;
    lane.check(at(5));
    lane.check(at(9));
    expect(lane.closed).toBe(false);
  });

  it("closes at once above the hard limit, whatever is being sent", () => {
    socket.bufferedAmount = 1_001;
    lane.send("events", frame("e1"), 0, at(0));
    expect([socket.closedWith, socket.sent]).toEqual([1013, []]);
  });
});
