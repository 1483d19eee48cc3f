import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

import * as errors from "../src/errors.ts";

const root = new URL("..", import.meta.url);
const table = readFileSync(new URL("docs/errors.md", root), "utf8");
const sources = ["src", "sensors", "pipelines"].flatMap((folder) =>
  readdirSync(new URL(folder, root), { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile() && file.name.endsWith(".ts") && file.name !== "errors.ts")
    .map((file) => readFileSync(`${file.parentPath}/${file.name}`, "utf8")),
);

const kinds = Object.entries(errors).filter(([name]) => name !== "SensoriumError");
const instances = kinds.map(([, Kind]) => {
  const Create = Kind as unknown as new (...facts: unknown[]) => errors.SensoriumError;
  return new Create("here", "size", "expected 1, got 2", { cause: new Error("deeper") });
});

describe("the errors", () => {
  it.each(instances)("$name is in the table under its code", (error) => {
    expect(table).toContain(`| \`${error.code}\` | \`${error.name}\` |`);
  });

  it("has no code in the table that no class has", () => {
    const documented = [...table.matchAll(/^\| `(SENSORIUM_\w+)`/gm)].map(([, code]) => code);
    expect(documented.sort()).toEqual(instances.map(({ code }) => code).sort());
  });

  it.each(kinds.map(([name]) => name))("%s is thrown somewhere", (name) => {
    expect(sources.some((text) => text.includes(`new ${name}(`))).toBe(true);
  });

  it.each(instances)("$name says where, is named after its class, and is one of ours", (error) => {
    expect(error.message.startsWith("here: ")).toBe(true);
    expect(error.where).toBe("here");
    expect(error.name).toBe(error.constructor.name);
    expect(error).toBeInstanceOf(errors.SensoriumError);
  });

  it("keeps the reason, the kernel and the cause as facts", () => {
    const cause = new Error("deeper");
    expect(new errors.WireError("w", "size", "too big", { cause })).toMatchObject({
      reason: "size",
      cause,
    });
    expect(new errors.UnsupportedKernelError("p", "Fft")).toMatchObject({ kernel: "Fft" });
  });
});
