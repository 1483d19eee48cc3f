import { EventEmitter } from "node:events";
import type { WebSocket } from "@fastify/websocket";
import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { SocketWatch } from "../../src/server/SocketWatch.ts";
import { seconds } from "../../src/units.ts";

/** A socket that counts what is done to it. */
class Socket extends EventEmitter {
  pings = 0;
  wasTerminated = false;
  bufferedAmount = 0;

  ping(): void {
    this.pings += 1;
  }

  terminate(): void {
    this.wasTerminated = true;
    this.emit("close");
  }
}

/** A socket under watch. */
function watched(watch: SocketWatch): Socket {
  const socket = new Socket();
  watch.add(socket as unknown as WebSocket);
  return socket;
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("terminates who neither answers nor says anything from one ping to the next", () => {
  using watch = new SocketWatch(seconds(5));
  const [mute, answers, speaks] = [watched(watch), watched(watch), watched(watch)];
  vi.advanceTimersByTime(5_000);
  expect([mute, answers, speaks].map(({ pings }) => pings)).toEqual([1, 1, 1]);
  answers.emit("pong");
  speaks.emit("message");
  vi.advanceTimersByTime(5_000);
  expect([mute, answers, speaks].map(({ wasTerminated }) => wasTerminated)).toEqual([
    ...[true, false, false],
  ]);
  expect([mute, answers, speaks].map(({ pings }) => pings)).toEqual([1, 2, 2]);
});

it("gives who was behind when it was pinged four times as long", () => {
  using watch = new SocketWatch(seconds(5));
  const slow = watched(watch);
  slow.bufferedAmount = 1;
  vi.advanceTimersByTime(20_000);
  expect(slow.wasTerminated).toBe(false);
  slow.emit("pong");
  slow.bufferedAmount = 0;
  vi.advanceTimersByTime(5_000);
  expect(slow.pings).toBe(2);
  slow.bufferedAmount = 1;
  vi.advanceTimersByTime(5_000);
  expect(slow.wasTerminated).toBe(true);
});

it("lets go of who is behind and never heard again", () => {
  using watch = new SocketWatch(seconds(5));
  const gone = watched(watch);
  gone.bufferedAmount = 1;
  vi.advanceTimersByTime(25_000);
  expect([gone.wasTerminated, gone.pings]).toEqual([true, 1]);
});

it("leaves alone who has closed, and everybody once it is disposed", () => {
  const watch = new SocketWatch(seconds(5));
  const [closed, open] = [watched(watch), watched(watch)];
  closed.emit("close");
  vi.advanceTimersByTime(5_000);
  expect([closed.pings, open.pings]).toEqual([0, 1]);
  watch[Symbol.dispose]();
  vi.advanceTimersByTime(60_000);
  expect([open.pings, open.wasTerminated]).toEqual([1, false]);
});
