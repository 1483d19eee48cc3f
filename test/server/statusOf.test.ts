import { describe, expect, it } from "vitest";

import type { Blocking } from "../../src/align/Blocking.ts";
import type { HealthState } from "../../src/robustness/StreamHealth.ts";
import { decodeMessage, encodeMessage } from "../../src/server/protocol.ts";
import { statusOf, type Watched } from "../../src/server/statusOf.ts";
import { micros } from "../../src/units.ts";

const TIME = micros(1_700_000_000_000_000);
const PERIOD = micros(40_000);

function run(
  states: Readonly<Record<string, HealthState>>,
  waits: readonly { readonly stream: string; readonly need: number; readonly has: number }[] = [],
  more: {
    readonly due?: boolean;
    readonly counters?: Partial<ReturnType<Watched["counters"]>>;
  } = {},
): Watched {
  const blocking: Blocking = {
    time: TIME,
    index: 512,
    config: 1,
    due: more.due ?? true,
    waits: waits.map(({ stream, need, has }) => ({
      stream,
      need: micros(TIME + need),
      has: micros(TIME + has),
    })),
  };
  return {
    streams: () => Object.entries(states).map(([stream, state]) => ({ stream, state })),
    counters: () => ({ framesets: 9, moments: 9, refusedRows: 0, ...more.counters }),
    blocking: () => blocking,
  };
}

const live = { audio: "live", video: "live" } as const;

describe("statusOf", () => {
  it("says nothing while rows come", () => {
    expect(statusOf(run(live), 40, PERIOD)).toMatchObject({
      state: "running",
      text: "",
      blocking: [],
    });
  });

  it("is as patient as rows are slow", () => {
    const slow = micros(5_000_000);
    expect(statusOf(run(live), 9_000, slow).state).toBe("running");
    expect(statusOf(run(live), 15_000, slow).state).toBe("waiting");
  });

  it("names the stream that blocks although all are live, what it needs and has", () => {
    const status = statusOf(
      run(live, [{ stream: "video", need: 0, has: -3_412_000 }]),
      2_000,
      PERIOD,
    );
    expect(status).toEqual({
      kind: "status",
      state: "waiting",
      text: "Row 512 waits for video: video is known up to 3.4 s before what the row needs.",
      blocking: ["video"],
      next: {
        index: 512,
        time: TIME,
        due: true,
        waits: [{ stream: "video", needs: 0, has: -3_412_000 }],
      },
    });
    expect(decodeMessage(encodeMessage(status)).message).toEqual(status);
  });

  it("says that nothing has come where nothing has, in what travels too", () => {
    const never = { stream: "audio", need: 20_000, has: Number.NEGATIVE_INFINITY };
    const status = statusOf(run(live, [never]), 2_000, PERIOD);
    expect(status.text).toContain("nothing has come from audio yet");
    expect(status.next?.waits).toEqual([{ stream: "audio", needs: 20_000 }]);
    expect(decodeMessage(encodeMessage(status)).message).toEqual(status);
  });

  it("says that every sensor is silent, or still starting", () => {
    const silent = run({ audio: "idle", video: "unplugged" });
    expect(statusOf(silent, 2_000, PERIOD)).toMatchObject({
      text: expect.stringContaining("Every sensor is silent"),
      blocking: ["audio", "video"],
    });
    const states = { audio: "starting", video: "starting" } as const;
    expect(statusOf(run(states, [], { counters: { moments: 0 } }), Infinity, PERIOD).state).toBe(
      "starting",
    );
  });

  it("names the model where rows are formed and not answered", () => {
    const counters = { framesets: 20, moments: 9, refusedRows: 1 };
    expect(statusOf(run(live, [], { counters }), 2_000, PERIOD).text).toContain("yet to answer 10");
  });

  it("says that the streams lie before the grid where none has come so far", () => {
    expect(statusOf(run(live, [], { due: false }), 2_000, PERIOD).text).toContain(
      "No stream has come as far as row 512",
    );
  });
});
