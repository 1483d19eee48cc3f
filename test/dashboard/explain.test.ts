import { describe, expect, it } from "vitest";

import { explain, type Situation } from "../../dashboards/live/src/feed/explain.ts";
import type { StatusMessage, StreamStateName, StreamsMessage } from "../../src/server/protocol.ts";
import { micros } from "../../src/units.ts";
import { SubjectFeed } from "../support/SubjectFeed.ts";
import { START } from "../support/sampleMessages.ts";

function streams(states: Record<string, StreamStateName>): StreamsMessage {
  return {
    kind: "streams",
    time: START,
    streams: Object.entries(states).map(([stream, state]) => ({
      stream,
      state,
      rate: 0,
      counters: {},
      pluggable: true,
    })),
  };
}

const fine: Situation = {
  line: { kind: "open" },
  wasOpen: true,
  hello: new SubjectFeed().hello(),
  status: { kind: "status", state: "running", text: "", blocking: [] },
  streams: streams({ audio: "live", video: "live", text: "idle" }),
  rowAge: 40,
  now: 10_000,
};

describe("explain", () => {
  it("says nothing while rows come", () => {
    expect(explain(fine)).toBeUndefined();
    expect(
      explain({ ...fine, streams: streams({ audio: "idle", video: "live" }) }),
    ).toBeUndefined();
  });

  it("does not call a pipeline still whose rows come every five seconds", () => {
    const hello = { ...new SubjectFeed().hello(), period: micros(5_000_000) };
    expect(explain({ ...fine, hello, rowAge: 9_000 })).toBeUndefined();
    expect(explain({ ...fine, hello, rowAge: 15_000 })?.title).toBe("Standing still");
  });

  it("says that the line is lost and when it is tried again", () => {
    const line = { kind: "lost", retryAt: 12_400, reason: "" } as const;
    expect(explain({ ...fine, line })).toMatchObject({
      title: "Connection lost",
      detail: expect.stringContaining("again in 3 s"),
    });
    expect(explain({ ...fine, line, wasOpen: false })?.title).toBe("No connection");
    const slow = { ...line, reason: "this page was too slow" };
    expect(explain({ ...fine, line: slow })?.detail).toContain("this page was too slow");
  });

  it("names every sensor when all whose answers count are silent", () => {
    const silent = streams({ audio: "unplugged", video: "idle", text: "live" });
    expect(explain({ ...fine, streams: silent })).toMatchObject({
      title: "Every sensor is silent",
      detail: expect.stringContaining("audio is unplugged, video is idle"),
    });
  });

  it("passes on what the pipeline says when it waits, fails or ends", () => {
    const status = (state: "waiting" | "failed" | "ended" | "starting") =>
      ({ kind: "status", state, text: `it is ${state}`, blocking: [] }) as const;
    for (const state of ["waiting", "starting"] as const)
      expect(explain({ ...fine, rowAge: undefined, status: status(state) })?.detail).toBe(
        `it is ${state}`,
      );
    for (const state of ["failed", "ended"] as const)
      expect(explain({ ...fine, status: status(state) })?.detail).toBe(`it is ${state}`);
  });

  it("names who holds a row back, what is needed and there, and how it is, once rows have stopped", () => {
    const waits = [{ stream: "video", needs: micros(0), has: micros(-3_412_000) }];
    const status: StatusMessage = {
      kind: "status",
      state: "waiting",
      text: "Row 512 waits for video.",
      blocking: ["video"],
      next: { index: 512, time: START, due: true, waits },
    };
    const told = streams({ audio: "live", video: "live" });
    const [sound, picture] = told.streams;
    const age = micros(12_000);
    const seen = { ...told, streams: [sound, { ...picture, rate: 24.9, age }] } as StreamsMessage;
    const stopped = { ...fine, streams: seen, status };
    expect(explain(stopped)).toBeUndefined();
    expect(explain({ ...stopped, rowAge: 2_400 })).toEqual({
      title: "Waiting for video",
      detail:
        "Row 512 is due. The last row came 2.4 s ago. Frames come, but their times lag: a clock " +
        "that is behind, or a slow way here. Unplug it to go on without it.",
      tone: "trouble",
      waits: [
        {
          stream: "video",
          lacks: "3.4 s short",
          detail: "needed up to the row, known up to 3.4 s before it",
          state: "live, 25 Hz, heard 12 ms ago",
        },
      ],
    });
    const text = [{ stream: "text", needs: micros(5_000) }];
    const never = { ...status, next: { index: 512, time: START, due: true, waits: text } };
    expect(explain({ ...stopped, rowAge: undefined, status: never })).toMatchObject({
      title: "Waiting for text",
      waits: [{ lacks: "nothing yet", detail: "needed up to 5 ms after the row, never heard" }],
    });
  });

  it("says for how long nothing has come when nobody says why", () => {
    expect(explain({ ...fine, rowAge: 4_100 })).toMatchObject({
      title: "Standing still",
      detail: expect.stringMatching(/4 s ago.*audio is live/),
    });
    expect(explain({ ...fine, rowAge: undefined, streams: undefined })?.detail).toBe(
      "No row has come. Nothing is known of any sensor.",
    );
  });

  it("is calm while it connects, unless it does so again and again", () => {
    expect(explain({ ...fine, line: { kind: "connecting", again: false } })?.tone).toBe("calm");
    expect(explain({ ...fine, line: { kind: "connecting", again: true } })).toEqual({
      title: "Connection lost",
      detail: expect.stringContaining("Trying again now."),
      tone: "trouble",
    });
    expect(explain({ ...fine, hello: undefined })?.title).toBe("Connected");
  });
});
