import { describe, expect, it } from "vitest";

import { DropSchedule } from "../../src/pipeline/DropSchedule.ts";
import { seconds } from "../../src/units.ts";

describe("DropSchedule", () => {
  const drops = [
    { stream: "video", from: seconds(5), to: seconds(7) },
    { stream: "audio", from: seconds(1), to: seconds(6) },
  ];

  it("tells each action once, when its time has come, in order of time", () => {
    const schedule = new DropSchedule(drops, ["audio", "video"]);
    expect(schedule.due(seconds(0.9))).toEqual([]);
    expect(schedule.due(seconds(1))).toEqual([{ stream: "audio", action: "unplug" }]);
    expect(schedule.due(seconds(1))).toEqual([]);
    expect(schedule.next).toBe(seconds(5));
    expect(schedule.due(seconds(10))).toEqual([
      { stream: "video", action: "unplug" },
      { stream: "audio", action: "replug" },
      { stream: "video", action: "replug" },
    ]);
    expect(schedule.next).toBeUndefined();
  });

  it("refuses streams that do not exist and drops that end before they start", () => {
    expect(() => new DropSchedule(drops, ["audio"])).toThrow("expected one of audio, got video");
    expect(
      () => new DropSchedule([{ stream: "audio", from: seconds(2), to: seconds(1) }], ["audio"]),
    ).toThrow("expected an end after 2000000 us");
  });
});
