import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";

import { killSessions } from "../../bench/replay/killSessions.ts";
import definition from "../../pipelines/talking-face/pipeline.ts";
import { DEMO, runCommandLine } from "./runCommandLine.ts";

it("a recording session killed and resumed gives the rows and readings of an uninterrupted one", {
  timeout: 180_000,
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), "sensorium-kill-"));
  const log = join(folder, "session.mcap");
  const report = await killSessions({ definition, recording: DEMO, log, kills: 3, seed: 7 });
  expect(report).toMatchObject({ kills: 3, wrong: 0 });
  const [resumed, whole] = await Promise.all(
    [log, DEMO].map((file) => runCommandLine("replay", file, "--json")),
  );
  const digestOf = (out: string | undefined): string => JSON.parse(out ?? "").sha256;
  expect(digestOf(resumed?.out)).toBe(digestOf(whole?.out));
  await rm(folder, { recursive: true });
});
