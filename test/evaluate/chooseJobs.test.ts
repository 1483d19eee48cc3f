import { describe, expect, it } from "vitest";

import { chooseJobs } from "../../src/evaluate/chooseJobs.ts";

describe("chooseJobs", () => {
  it("gives every trial its cores and its memory, and runs one on the smallest machine", () => {
    expect(chooseJobs({ cores: 2, memoryMiB: 24_000, threads: 1 })).toBe(2);
    expect(chooseJobs({ cores: 16, memoryMiB: 8_000, threads: 1 })).toBe(5);
    expect(chooseJobs({ cores: 16, memoryMiB: 64_000, threads: 4 })).toBe(4);
    expect(chooseJobs({ cores: 1, memoryMiB: 500, threads: 2 })).toBe(1);
  });
});
