import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "@foxglove/rosmsg";
import { MessageWriter } from "@foxglove/rosmsg2-serialization";
import { McapWriter } from "@mcap/core";
import { FileHandleWritable } from "@mcap/nodejs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { exportMcap, PERIOD, START } from "../../src/exchange/exportMcap.ts";
import { importMcap } from "../../src/exchange/importMcap.ts";
import { framesOf } from "../../src/frames/Chunk.ts";
import { borrowNumbers } from "../../src/frames/DType.ts";
import type { StreamDescription } from "../../src/frames/StreamDescription.ts";
import type { LogRecord } from "../../src/log/LogRecord.ts";
import { writeLog } from "../../src/log/writeLog.ts";
import { hertz, millis } from "../../src/units.ts";
import { all, at, label, START as ORIGIN, stream } from "../log/smallLog.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sensorium-mcap-"));
});
afterAll(() => rm(folder, { recursive: true }));

const streams: readonly StreamDescription[] = [
  stream("sound", {
    ...{ modality: "audio", dtype: "i16", shape: [4], rate: hertz(100), span: millis(10) },
  }),
  stream("picture", { modality: "video", dtype: "u8", shape: [2, 3, 3], rate: hertz(25) }),
  stream("words", { modality: "text", dtype: "utf8", shape: [], rate: "irregular" }),
  stream("imu", { dtype: "f32", shape: [2], rate: hertz(50) }),
];

/** Three frames of each, two of sound in one chunk. */
function records(): LogRecord[] {
  const bytes = (name: string, tick: number): Uint8Array => {
    if (name === "words") return Buffer.from(`{"text":"w${tick}","duration":120000}`);
    if (name === "imu") return new Uint8Array(Float32Array.of(tick / 3, Number.NaN).buffer);
    const length = name === "sound" ? 8 : 18;
    return Uint8Array.from({ length }, (_, at) => (at * 7 + tick * 31) % 256);
  };
  const list: LogRecord[] = [
    { kind: "CONFIG", logTime: ORIGIN, version: 1, origin: ORIGIN, period: millis(40), streams },
    { kind: "LABEL", logTime: ORIGIN, label: { ...label("clap", 0.01, 0.05), slot: "hands" } },
  ];
  for (let tick = 0; tick < 3; tick++)
    for (const { site, stream: name, dtype, shape } of streams) {
      const payloads = name === "sound" ? [2 * tick, 2 * tick + 1] : [tick];
      const frames = payloads.map((number) => bytes(name, number));
      list.push({
        kind: "DATA",
        logTime: at(tick * 0.04),
        chunk: {
          ...{ site, stream: name, epoch: 1, firstSequence: payloads[0] ?? 0, dtype, shape },
          originTimes: payloads.map((number) => at(number * (name === "sound" ? 0.01 : 0.04))),
          arrivalTime: at(tick * 0.04),
          payload: Buffer.concat(frames),
          ...(dtype === "utf8" && { lengths: frames.map((frame) => frame.byteLength) }),
        },
      });
    }
  return list;
}

/** Frames as text, whatever message they came in. */
function frames(list: readonly LogRecord[]): string[] {
  return list
    .flatMap((record) => (record.kind === "DATA" ? framesOf(record.chunk) : []))
    .map(
      ({ stream: name, originTime, payload }) =>
        `${name} ${originTime} ${Buffer.from(payload).toString("hex")}`,
    )
    .sort();
}

describe("a recording that went out as MCAP and came in again", () => {
  it("has the same streams, frames, labels and grid", async () => {
    const [log, out] = [join(folder, "log.mcap"), join(folder, "out.mcap")];
    await writeLog(log, records());
    const labels = [{ ...label("clap", 0.01, 0.05), slot: "hands" }];
    const metadata = { [START]: String(ORIGIN), [PERIOD]: "40000" };
    // Sound of one chunk is one message: 3 + 3 + 3 + 3, and the label.
    expect(await exportMcap(log, out, { streams, labels, metadata })).toBe(13);
    const back = await importMcap(out, "elsewhere");
    expect(back.unread.size).toBe(0);
    expect(back.streams.toSorted((a, b) => (a.stream < b.stream ? -1 : 1))).toEqual(
      streams.toSorted((a, b) => (a.stream < b.stream ? -1 : 1)),
    );
    expect(back.labels).toEqual(labels);
    const read = await all(back.records);
    expect(frames(read)).toEqual(frames(records()));
    expect(read[0]).toMatchObject({ kind: "CONFIG", origin: ORIGIN, period: 40_000 });
  });
});

const IMU = `std_msgs/Header header
geometry_msgs/Vector3 turn
float64[3] turn_covariance
===
MSG: std_msgs/Header
builtin_interfaces/Time stamp
string frame_id
===
MSG: builtin_interfaces/Time
int32 sec
uint32 nanosec
===
MSG: geometry_msgs/Vector3
float64 x
float64 y
float64 z
`;

describe("a ROS 2 bag (MCAP, CDR)", () => {
  it("comes in with the messages' own times and numbers; what cannot be read is named", async () => {
    const path = join(folder, "bag.mcap");
    await writeBag(path);
    const { streams: found, unread, records: list } = await importMcap(path, "robot");
    expect(found).toMatchObject([
      {
        ...{ site: "robot", stream: "arm.imu", modality: "sensor", dtype: "f64", shape: [3] },
        rate: 100,
      },
    ]);
    expect([...unread]).toEqual([["/cloud", "protobuf of some.Cloud"]]);
    const read = (await all(list)).flatMap((record) =>
      record.kind === "DATA" ? framesOf(record.chunk) : [],
    );
    expect(read).toHaveLength(10);
    expect(read[3]?.originTime).toBe(ORIGIN + 30_000);
    expect([...borrowNumbers(read[3]?.payload ?? new Uint8Array(), "f64")]).toEqual([3, 0.5, -3]);
  });

  it("is refused where nothing in it is known, with what there is", async () => {
    const path = join(folder, "unknown.mcap");
    await writeBag(path, 0);
    await expect(importMcap(path, "robot")).rejects.toThrow("got /cloud (protobuf of some.Cloud)");
  });
});

async function writeBag(path: string, messages = 10): Promise<void> {
  const file = await open(path, "w");
  const writer = new McapWriter({ writable: new FileHandleWritable(file) });
  await writer.start({ profile: "ros2", library: "test" });
  const schema = { name: "lab_msgs/msg/Turn", encoding: "ros2msg", data: Buffer.from(IMU) };
  const schemaId = await writer.registerSchema(schema);
  const channel = { topic: "/arm/imu", messageEncoding: "cdr", metadata: new Map() };
  const channelId = await writer.registerChannel({ ...channel, schemaId });
  const strange = { name: "some.Cloud", encoding: "protobuf", data: new Uint8Array() };
  const cloud = await writer.registerChannel({
    ...{ topic: "/cloud", messageEncoding: "protobuf", metadata: new Map() },
    schemaId: await writer.registerSchema(strange),
  });
  const cdr = new MessageWriter(parse(IMU, { ros2: true }));
  for (let tick = 0; tick < messages; tick++) {
    const time = ORIGIN + tick * 10_000;
    const stamp = { sec: Math.floor(time / 1e6), nanosec: (time % 1e6) * 1_000 };
    const data = cdr.writeMessage({
      header: { stamp, frame_id: "arm" },
      turn: { x: tick, y: 0.5, z: -tick },
      turn_covariance: [0, 0, 0],
    });
    // Logged two milliseconds after it was measured.
    const logTime = BigInt(time + 2_000) * 1_000n;
    await writer.addMessage({ channelId, sequence: tick, logTime, publishTime: logTime, data });
  }
  const time = BigInt(ORIGIN) * 1_000n;
  const data = new Uint8Array(3);
  await writer.addMessage({
    channelId: cloud,
    sequence: 0,
    logTime: time,
    publishTime: time,
    data,
  });
  await writer.end();
  await file.close();
}
