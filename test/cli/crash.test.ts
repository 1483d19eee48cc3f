import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";

import { killRuns } from "../../bench/replay/killRuns.ts";
import { shortened } from "../../bench/replay/shortened.ts";
import { seconds } from "../../src/units.ts";
import { DEMO } from "./runCommandLine.ts";

/** `KILLS=50 npx vitest run test/cli/crash.test.ts` kills more often; so does `npm run bench -- replay`. */
const kills = Number(process.env["KILLS"] ?? 2);

it("runs killed and resumed by the command line give the outputs of an uninterrupted one", {
  timeout: 240_000 + kills * 60_000,
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), "sensorium-kill-"));
  const recording = join(folder, "recording.mcap");
  await shortened(DEMO, recording, seconds(4));
  const report = await killRuns({ recording, folder, kills, seed: 7 });
  expect(report).toMatchObject({ kills, lost: 0, changed: 0 });
  await rm(folder, { recursive: true });
});
