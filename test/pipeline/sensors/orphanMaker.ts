import { SensorProcess, type SensorProcessOptions } from "../../../src/pipeline/SensorProcess.ts";

/** A parent to be killed: starts the sensor it is told to, and prints its process id once it is live. */
const options = JSON.parse(process.argv[2] ?? "{}") as Omit<SensorProcessOptions, "random">;
const sensor = new SensorProcess({ ...options, random: () => 0 });
sensor.status.subscribe((status) => {
  if (status.state === "live") process.stdout.write(`${status.pid}\n`);
});
sensor.start();
