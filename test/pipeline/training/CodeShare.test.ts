import { describe, expect, it } from "vitest";

import type { StreamReading } from "../../../src/frames/Reading.ts";
import { CodeShare } from "../../../src/pipeline/training/CodeShare.ts";

const onCodes = (codes: Readonly<Record<string, number>>) => ({
  streams: Object.fromEntries(
    Object.entries(codes).map(([name, code]) => [name, { code } as StreamReading]),
  ),
});

describe("CodeShare", () => {
  it("counts pairs of streams on one code, while something happens", () => {
    const share = new CodeShare([]);
    share.push(onCodes({ a: 3, b: 3, c: 5 }), 1); // one pair of three
    share.push(onCodes({ a: 3, b: 4 }), 2); // none of one
    share.push(onCodes({ a: 7, b: 7 }), 0); // silence
    share.push(onCodes({ a: 7 }), 1); // alone
    expect(share.share).toBe(1 / 4);
  });

  it("leaves streams out that contain the answer, and says nothing where no two were there", () => {
    const share = new CodeShare(["text"]);
    share.push(onCodes({ a: 3, text: 3 }), 1);
    expect(share.share).toBeUndefined();
  });
});
