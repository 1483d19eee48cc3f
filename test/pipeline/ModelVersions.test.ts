import { describe, expect, it } from "vitest";

import type { LogRecord } from "../../src/log/LogRecord.ts";
import { ModelVersions } from "../../src/pipeline/ModelVersions.ts";
import { micros } from "../../src/units.ts";

/** A record of a learnt version that begins to serve. */
function learnt(version: string, cause: "learnt" | "rollback" = "learnt"): LogRecord {
  const weights = new Uint8Array(1);
  return { kind: "MODEL", logTime: micros(1), version, base: "base", weights, cause };
}

describe("ModelVersions", () => {
  it("forgets the oldest learnt versions, never the weights file", () => {
    const versions = new ModelVersions();
    versions.observe({ kind: "MODEL", logTime: micros(0), version: "base" });
    for (let number = 1; number <= 40; number++) versions.observe(learnt(`v${number}`));
    const known = versions.list().map(({ version }) => version);
    expect(known).toEqual(["base", ...Array.from({ length: 31 }, (_, at) => `v${at + 10}`)]);
  });

  it("keeps what the one that serves was learnt from, however long ago that was", () => {
    const versions = new ModelVersions();
    versions.observe(learnt("good"));
    for (let number = 1; number <= 40; number++) {
      versions.observe(learnt(`bad${number}`));
      expect(versions.find(versions.parentOf(`bad${number}`) ?? "")?.version).toBe("good");
      versions.observe(learnt("good", "rollback"));
    }
    expect(versions.serving).toBe("good");
  });
});
