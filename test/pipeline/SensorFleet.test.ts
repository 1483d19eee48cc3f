import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

import { SensorFleet } from "../../src/pipeline/SensorFleet.ts";
import { micros, seconds } from "../../src/units.ts";
import { audio } from "../wire/support.ts";

it("a fleet that is disposed keeps nobody waiting for what its sensors had still to say", async () => {
  const kind = fileURLToPath(new URL("./sensors/counter.ts", import.meta.url));
  const fleet = new SensorFleet({
    ...{ streams: [audio], without: [], loop: false, folder: "", random: () => 0.5 },
    feed: { name: "counter", sensors: { [audio.stream]: { kind, options: {} } }, truth: [] },
    // Nobody answers there.
    ...{ connect: "tcp://127.0.0.1:9", control: "tcp://127.0.0.1:9" },
  });
  fleet.start(micros(0));
  const waited = fleet.reached(seconds(1));
  await fleet[Symbol.asyncDispose]();
  await waited;
  await fleet.reached(seconds(2));
  expect(fleet.finished).toBe(false);
}, 60_000);
