import { describe, expect, it } from "vitest";

import { explainSlowProducts } from "../../bench/tensor/explainSlowProducts.ts";

describe("explainSlowProducts", () => {
  const line = (file: string): string => `7f0000000000-7f0000001000 r-xp 0 08:01 9 ${file}\n`;

  it("refuses a peer on the reference BLAS and says what to install", () => {
    expect(explainSlowProducts(line("/usr/lib/x86_64-linux-gnu/blas/libblas.so.3.11.0"))).toMatch(
      /reference one; .*libopenblas0/,
    );
  });

  it("has nothing against OpenBLAS under the same name, or where nothing is known", () => {
    expect(
      explainSlowProducts(line("/usr/lib/x86_64-linux-gnu/openblas-pthread/libblas.so.3")),
    ).toBeUndefined();
    expect(explainSlowProducts("")).toBeUndefined();
  });
});
