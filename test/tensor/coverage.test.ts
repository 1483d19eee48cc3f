import { readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { kernelTable } from "../../src/tensor/kernels/kernelTable.ts";
import { tf } from "../../src/tensor/tf.ts";
import { allKernelNames } from "../../src/tensor/trace/registerTraceKernels.ts";

const docs = readFileSync(new URL("../../docs/tensor.md", import.meta.url), "utf8");
const section = docs.slice(docs.indexOf("## Kernels"), docs.indexOf("## Where we differ"));
const [table = "", absent = ""] = section.split("Not there:");
const namesIn = (text: string): string[] =>
  [...text.matchAll(/`(\w+)`/g)].map(([, name = ""]) => name);
const mapped = new Set(Object.keys(kernelTable));

describe("docs/tensor.md", () => {
  it("lists every mapped kernel and no other", () => {
    const listed = namesIn(table).filter(
      (name) => /^[A-Z_]/.test(name) && name !== "UnsupportedKernelError",
    );
    expect([...listed].sort()).toEqual([...mapped].sort());
  });

  it("lists every kernel of tfjs that is missing", () => {
    const missing = allKernelNames().filter((kernel) => !mapped.has(kernel));
    expect([...new Set(namesIn(absent))].sort()).toEqual(missing);
  });
});

describe("coverage", () => {
  it("maps all but a few named kernels that tfjs can differentiate", () => {
    const missing = allKernelNames().filter(
      (kernel) => tf.getGradient(kernel) !== undefined && !mapped.has(kernel),
    );
    expect(missing).toEqual(["ComplexAbs", "Dilation2D", "LRN"]);
  });
});
