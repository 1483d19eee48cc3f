import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { kindsIn, loadSensorKind } from "../../src/pipeline/loadSensorKind.ts";
import { npyFile } from "../support/npyFile.ts";
import { context, numbers } from "./sensed.ts";

const SENSORS = fileURLToPath(new URL("../../sensors", import.meta.url));
const DEMO = fileURLToPath(
  new URL("../../pipelines/talking-face/demo/recording.mcap", import.meta.url),
);

let folder: string;
const path = (name: string): string => join(folder, name);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sensorium-offers-"));
  await writeFile(path("even.csv"), "t,x,y\n0,1,2\n0.1,3,4\n0.2,5,6\n0.3,7,8\n");
  await writeFile(path("bare.csv"), "1;2;3\n4;5;6\n");
  await writeFile(path("rows.npy"), npyFile(new Float32Array(6), [2, 3]));
});
afterAll(() => rm(folder, { recursive: true }));

/** What a sensor with these options offers, in one line each. */
async function offersOf(name: string, options: object): Promise<readonly string[]> {
  const kind = await loadSensorKind(name, SENSORS);
  const offers = (await kind.offers?.({ ...options })) ?? [];
  return offers.map(
    ({ description: { stream, dtype, shape, rate } }) => `${stream} ${dtype} [${shape}] ${rate}`,
  );
}

describe("what each kind of sensor offers", () => {
  it("is looked up by the file's name: there is nothing else in the folder", async () => {
    for (const name of kindsIn(SENSORS))
      expect(await loadSensorKind(name, SENSORS)).toMatchObject({ name });
  });

  it.each([
    ["microphone", {}, "audio i16 [160] 100"],
    ["camera", {}, "video u8 [48,64] 25"],
    ["screen", {}, "screen u8 [90,160] 10"],
    ["text", {}, "text utf8 [] irregular"],
    ["synthetic", {}, "synthetic f32 [1] 100"],
    ["channels", { source: "-" }, "channels f32 [1] 50"],
    ["nmea", { source: "-" }, "nmea f64 [2] irregular"],
    ["nmea", { source: "-", fields: ["course"] }, "nmea f64 [1] irregular"],
    ["jsonLines", { source: "-", fields: ["x", "y"] }, "jsonLines f64 [2] irregular"],
    ["mqtt", { fields: ["x"] }, "mqtt f64 [1] irregular"],
    ["mqtt", { form: "text" }, "text utf8 [] irregular"],
    ["csv", { source: "tcp://host:9", columns: ["x", "y"] }, "csv f64 [2] irregular"],
    [
      "recording",
      { path: DEMO },
      "audio i16 [160] 100",
      "video u8 [20,28] 25",
      "text utf8 [] irregular",
    ],
  ])("%s with %j", async (kind, options, ...offers) => {
    expect(await offersOf(kind, options)).toEqual(offers);
  });

  it("is told by the file, where there is one", async () => {
    expect(await offersOf("array", { path: path("rows.npy") })).toEqual(["rows f32 [3] 100"]);
    expect(await offersOf("csv", { source: path("even.csv") })).toEqual(["even f64 [2] 10"]);
    const csv = await loadSensorKind("csv", SENSORS);
    const [even] = (await csv.offers?.({ source: path("even.csv") })) ?? [];
    expect(even?.description.channels).toEqual(["x", "y"]);
    const bare = { source: path("bare.csv"), delimiter: ";", head: "no" };
    expect(await offersOf("csv", bare)).toEqual(["bare f64 [3] 100"]);
  });

  it("is the array's own type: another of as many bytes would be other numbers", async () => {
    const array = (await loadSensorKind("array", SENSORS)).create({ path: path("rows.npy") });
    const frames = (dtype: "f32" | "i32") =>
      array
        .frames(context(numbers(3, { dtype })))
        [Symbol.asyncIterator]()
        .next();
    expect((await frames("f32")).value.payload).toHaveLength(12);
    await expect(frames("i32")).rejects.toThrow("expected rows of i32 [3] in");
  });

  it("is nothing where it may be anything", async () => {
    expect(await offersOf("jsonLines", { source: "-" })).toEqual([]);
    expect(await offersOf("mqtt", { form: "numbers" })).toEqual([]);
    expect(await offersOf("csv", { source: path("even.csv"), follow: "yes" })).toEqual([]);
  });

  it("is refused where the file is not there", async () => {
    await expect(offersOf("csv", { source: path("absent.csv") })).rejects.toThrow("absent.csv");
    await expect(offersOf("array", { path: path("absent.npy") })).rejects.toThrow("absent.npy");
  });
});
