import { describe, expect, it } from "vitest";

import { decodeMuLaw } from "../../src/features/muLaw.ts";

describe("decodeMuLaw", () => {
  it("gives the values of G.711, table 2", () => {
    // Sign bit 1 is positive, and all bits are inverted: 0xff and 0x7f are the two zeros.
    const bytes = Uint8Array.from([0xff, 0x7f, 0x80, 0x00, 0xfe, 0x7e, 0xf0, 0xef, 0x90, 0x10]);
    expect([...decodeMuLaw(bytes)]).toEqual([
      0, 0, 32_124, -32_124, 8, -8, 120, 132, 15_996, -15_996,
    ]);
  });

  it("is odd and falls steadily from one byte to the next within a sign", () => {
    const samples = decodeMuLaw(Uint8Array.from({ length: 256 }, (_, byte) => byte));
    for (let byte = 0; byte < 128; byte++) {
      expect((samples[byte] ?? 0) + (samples[byte + 128] ?? 0)).toBe(0);
      if (byte > 0) expect(samples[byte + 128]).toBeLessThan(samples[byte + 127] ?? 0);
    }
  });
});
