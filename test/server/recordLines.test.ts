import { once } from "node:events";
import { createInterface } from "node:readline";
import { Subject } from "rxjs";
import { describe, expect, it } from "vitest";

import type { LogRecord } from "../../src/log/LogRecord.ts";
import { recordOfLine } from "../../src/log/recordLine.ts";
import { recordLines } from "../../src/server/recordLines.ts";
import { bytes } from "../../src/units.ts";
import { at, smallLog, stream } from "../log/smallLog.ts";

const [config, ...data] = smallLog([stream("a")], { to: 0.5 });
const checkpoint: LogRecord = {
  ...{ kind: "CHECKPOINT", logTime: at(0), back: 0, model: "m", moments: 0, spans: 0 },
  state: Uint8Array.of(1),
};

describe("a growing log as lines", () => {
  it("begins with what is in force, and goes on with each record but checkpoints", async () => {
    const records = new Subject<LogRecord>();
    const lines = recordLines({ standing: config === undefined ? [] : [config], records });
    for (const record of [checkpoint, ...data]) records.next(record);
    records.complete();
    const read: LogRecord[] = [];
    for await (const line of createInterface({ input: lines })) read.push(recordOfLine(line));
    expect(read.map(({ kind }) => kind)).toEqual(["CONFIG", ...data.map(({ kind }) => kind)]);
    expect(read[0]).toEqual(config);
  });

  it("cuts off a reader that lets too much wait, rather than leave a hole", async () => {
    const records = new Subject<LogRecord>();
    const lines = recordLines({ standing: [], records }, bytes(200));
    const failed = once(lines, "error");
    for (const record of data) records.next(record);
    const [error] = await failed;
    expect(String(error)).toContain("too slow");
    expect(records.observed).toBe(false);
  });

  it("does so also where what is in force is too much already", async () => {
    const records = new Subject<LogRecord>();
    const lines = recordLines({ standing: data, records }, bytes(200));
    const [error] = await once(lines, "error");
    expect(String(error)).toContain("too slow");
    expect(records.observed).toBe(false);
  });
});
