import { describe, expect, it } from "vitest";

import type { StreamDescription } from "../../src/frames/StreamDescription.ts";
import { freeName } from "../../src/pipeline/freeName.ts";
import { wantedStream } from "../../src/pipeline/wantedStream.ts";
import { hertz, millis } from "../../src/units.ts";

const sound: Partial<StreamDescription> = {
  ...{ site: "lab", stream: "audio", modality: "audio", dtype: "i16", shape: [160] },
  ...{ rate: hertz(100), span: millis(10), unit: "PCM", idleTimeout: millis(250) },
};
const pictures: Partial<StreamDescription> = {
  ...{ site: "lab", stream: "video", modality: "video", dtype: "u8", shape: [48, 64] },
  ...{ rate: hertz(25), unit: "grey level" },
};

describe("wantedStream", () => {
  it("is what is offered but for what is said", () => {
    expect(wantedStream(sound, {})).toEqual({ ...sound, lateness: 0 });
    expect(wantedStream(sound, { stream: "ear", lateness: 20_000 })).toEqual({
      ...{ ...sound, stream: "ear", lateness: 20_000 },
    });
  });

  it("lets blocks last as long as their rate has it, unless that is said", () => {
    expect(wantedStream(sound, { rate: 50, shape: [320] }).span).toBe(20_000);
    expect(wantedStream(sound, { rate: 50, span: 5_000 }).span).toBe(5_000);
    expect(wantedStream(pictures, { rate: 10 })).not.toHaveProperty("span");
  });

  it("calls pictures of another shape what they are, unless that is said", () => {
    expect(wantedStream(pictures, { shape: [90, 160, 3] }).unit).toBe("RGB");
    expect(wantedStream({ ...pictures, unit: "RGB" }, { shape: [24, 32] }).unit).toBe("grey level");
    expect(wantedStream(pictures, { shape: [24, 32], unit: "°C" }).unit).toBe("°C");
    expect(wantedStream(sound, { shape: [320] }).unit).toBe("PCM");
  });

  it("keeps the names of numbers while there are as many, and takes others", () => {
    const place = { ...sound, shape: [2], channels: ["x", "y"] };
    expect(wantedStream(place, { rate: 10 }).channels).toEqual(["x", "y"]);
    expect(wantedStream(place, { shape: [3] })).not.toHaveProperty("channels");
    expect(wantedStream(place, { shape: [1], channels: ["z"] }).channels).toEqual(["z"]);
    expect(() => wantedStream(place, { channels: ["z"] })).toThrow(/channels must be 2 names/);
  });

  it("refuses what makes no description, and names what is wrong", () => {
    expect(() => wantedStream(sound, { rate: -1 })).toThrow(/rate/);
    expect(() => wantedStream(sound, { colour: "red" })).toThrow(/colour/);
    expect(() => wantedStream({ site: "lab" }, {})).toThrow(/modality/);
  });
});

describe("freeName", () => {
  it("is the name, or with the first number that nobody has", () => {
    expect(freeName("audio", ["video"])).toBe("audio");
    expect(freeName("audio", ["audio", "audio-2", "audio-4"])).toBe("audio-3");
  });
});
