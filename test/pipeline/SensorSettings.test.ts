import { describe, expect, it } from "vitest";

import { ConfigError } from "../../src/errors.ts";
import { SensorSettings } from "../../src/pipeline/SensorSettings.ts";

describe("SensorSettings", () => {
  const told = { path: "a.mcap", gain: 0.5, count: 3, kind: "b", list: ["x"], crop: [0, 1] };

  it("gives what was told, and the fallback for what was not", () => {
    const settings = new SensorSettings("camera", told);
    expect(settings.text("path")).toBe("a.mcap");
    expect(settings.text("other", "z")).toBe("z");
    expect(settings.number("gain")).toBe(0.5);
    expect(settings.count("count", 1)).toBe(3);
    expect(settings.choice("kind", ["a", "b"])).toBe("b");
    expect(settings.texts("list")).toEqual(["x"]);
    expect(settings.texts("none")).toEqual([]);
    expect(settings.numbers("crop", 2, [])).toEqual([0, 1]);
    expect(settings.has("path")).toBe(true);
    expect(settings.has("absent")).toBe(false);
    settings.end();
  });

  it.each<[string, (settings: SensorSettings) => unknown]>([
    ["missing", (settings) => settings.text("absent")],
    ["of another type", (settings) => settings.text("gain")],
    ["not a number", (settings) => settings.number("path")],
    ["not whole", (settings) => settings.count("gain", 0)],
    ["too small", (settings) => settings.count("count", 4)],
    ["none of the choices", (settings) => settings.choice("kind", ["a", "c"])],
    ["not a list", (settings) => settings.texts("path")],
    ["not as many numbers", (settings) => settings.numbers("crop", 4, [])],
    ["inherited by every object", (settings) => settings.text("constructor")],
  ])("refuses what is %s", (_what, read) => {
    const act = () => read(new SensorSettings("camera", told));
    expect(act).toThrow(ConfigError);
    expect(act).toThrow(/^camera: option \w+: expected /);
  });

  it("refuses what nobody asked for", () => {
    const settings = new SensorSettings("camera", { devise: "/dev/video0" });
    settings.text("device", "/dev/video0");
    expect(() => settings.end()).toThrow("expected options device, got devise");
  });
});
