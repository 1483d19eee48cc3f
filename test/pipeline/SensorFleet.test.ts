import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

import { SensorFleet } from "../../src/pipeline/SensorFleet.ts";
import { micros, seconds } from "../../src/units.ts";
import { audio } from "../wire/support.ts";

const kind = fileURLToPath(new URL("./sensors/counter.ts", import.meta.url));

/** A fleet of one sensor that nobody answers. */
const fleetOfOne = (): SensorFleet =>
  new SensorFleet({
    ...{ streams: [audio], without: [], loop: false, folder: "", random: () => 0.5 },
    feed: { name: "counter", sensors: { [audio.stream]: { kind, options: {} } }, truth: [] },
    ...{ connect: "tcp://127.0.0.1:9", control: "tcp://127.0.0.1:9" },
  });

it("a fleet that is disposed keeps nobody waiting for what its sensors had still to say", async () => {
  const fleet = fleetOfOne();
  fleet.start(micros(0));
  const waited = fleet.reached(seconds(1));
  await fleet[Symbol.asyncDispose]();
  await waited;
  await fleet.reached(seconds(2));
  expect(fleet.finished).toBe(false);
}, 60_000);

it("a fleet that is disposed starts no sensor that was to take another's place", async () => {
  const fleet = fleetOfOne();
  fleet.start(micros(0));
  const said: string[] = [];
  const added = fleet.add({ kind, options: {} }, audio, micros(0));
  fleet.news.subscribe(({ status }) => said.push(status.state));
  await fleet[Symbol.asyncDispose]();
  await added;
  expect(fleet.owns(audio.stream)).toBe(false);
  expect(said).not.toContain("starting");
}, 60_000);
