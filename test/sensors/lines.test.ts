import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { appendFile, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";

import { csv } from "../../sensors/csv.ts";
import { jsonLines } from "../../sensors/jsonLines.ts";
import { followFile } from "../../sensors/lines/followFile.ts";
import { linesOf } from "../../sensors/lines/linesOf.ts";
import { nmea } from "../../sensors/nmea.ts";
import { ConfigError, SensorError } from "../../src/errors.ts";
import { seconds } from "../../src/units.ts";
import { context, numbers, sensedNumbers } from "./sensed.ts";

let folder: string;
const path = (name: string): string => join(folder, name);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sensorium-lines-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const TABLE = `time,x,y,note
10.5,1,2,"one, and two"
10.75,3,4,fine
11.5,5,,"no y"
`;

describe("the csv sensor", () => {
  it("replays a file's rows at their own distances, the columns asked for, empty cells as NaN", async () => {
    await writeFile(path("table.csv"), TABLE);
    const options = { source: path("table.csv"), time: "time", columns: ["y", "x"] };
    const frames = await sensedNumbers(csv, options, context(numbers(2)));
    expect(frames.map(({ offset, values }) => [offset, ...values])).toEqual([
      [0, 2, 1],
      [250_000, 4, 3],
      [1_000_000, Number.NaN, 5],
    ]);
  });

  it("reads a table that a spreadsheet has marked as UTF-8", async () => {
    await writeFile(path("marked.csv"), `\uFEFF${TABLE}`);
    const options = { source: path("marked.csv"), time: "time", columns: ["x"] };
    const frames = await sensedNumbers(csv, options, context(numbers(1)));
    expect(frames.map(({ values }) => values[0])).toEqual([1, 3, 5]);
  });

  it("puts the time named as zero on the start, so that several files stay together", async () => {
    const options = { source: path("table.csv"), time: "time", zero: "10", columns: ["x"] };
    const frames = await sensedNumbers(csv, options, context(numbers(1)));
    expect(frames.map(({ offset }) => offset)).toEqual([500_000, 750_000, 1_500_000]);
  });

  it("spaces rows evenly at the stream's rate where they have no time", async () => {
    await writeFile(path("plain.csv"), "1;2\n3;4\n# a remark\n\n5;6\n");
    const options = { source: path("plain.csv"), head: "no", delimiter: ";", columns: ["1"] };
    const frames = await sensedNumbers(csv, options, context(numbers(1)));
    expect(frames.map(({ offset, values }) => [offset, ...values])).toEqual([
      [0, 2],
      [100_000, 4],
      [200_000, 6],
    ]);
  });

  it("joins in the middle and starts over like any replay", async () => {
    const options = { source: path("plain.csv"), head: "no", delimiter: ";" };
    const told = context(numbers(2), { from: seconds(1_000.15), repeat: seconds(0.3) });
    const frames = await sensedNumbers(csv, options, told, 3);
    expect(frames.map(({ offset, values }) => [offset, values[0]])).toEqual([
      [200_000, 5],
      [300_000, 1],
      [400_000, 3],
    ]);
  });

  it("leaves bad lines out and tells them", async () => {
    const told = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    await writeFile(path("bad.csv"), 'a,b\n1,2\nnonsense\n"3,4\n5,6\n');
    const frames = await sensedNumbers(csv, { source: path("bad.csv") }, context(numbers(2)));
    const said = told.mock.calls.map(([line]) => String(line));
    told.mockRestore();
    expect(frames.map(({ values }) => values)).toEqual([
      [1, 2],
      [5, 6],
    ]);
    expect(said).toEqual([
      "csv: expected a row, got nonsense\n",
      'csv: expected a row, got "3,4\n',
    ]);
  });

  it("leaves out what a stream of whole numbers cannot hold", async () => {
    const quiet = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    await writeFile(path("bytes.csv"), "v\n0\n256\n-1\nx\n255\n");
    const seen: number[] = [];
    const told = context(numbers(1, { dtype: "u8" }));
    for await (const { payload } of csv.create({ source: path("bytes.csv") }).frames(told))
      seen.push(payload[0] ?? -1);
    quiet.mockRestore();
    expect(seen).toEqual([0, 255]);
  });

  it("says so when there is no such file, column or row", async () => {
    const told = context(numbers(1));
    await expect(sensedNumbers(csv, { source: path("none") }, told)).rejects.toThrow(SensorError);
    const strange = { source: path("table.csv"), columns: ["z"] };
    await expect(sensedNumbers(csv, strange, told)).rejects.toThrow(
      /expected column z among time, x, y, note/,
    );
    await writeFile(path("empty.csv"), "x\n");
    await expect(sensedNumbers(csv, { source: path("empty.csv") }, told)).rejects.toThrow(
      /expected rows of 1 numbers/,
    );
  });

  it("refuses options that cannot be", () => {
    expect(() => csv.create({})).toThrow(ConfigError);
    expect(() => csv.create({ source: "http://host/x.csv" })).toThrow(/expected a file, -, tcp:/);
    expect(() => csv.create({ source: "x", head: "no", columns: ["a"] })).toThrow(/by place/);
    expect(() => csv.create({ source: "x", timeUnit: "h" })).toThrow(/s or ms or us or iso/);
  });
});

describe("a growing file", () => {
  it("gives what is added to it, half lines when they are whole, also after it was replaced", async () => {
    const log = path("growing.log");
    await writeFile(log, "old\n");
    const { signal } = new AbortController();
    const lines = linesOf("test", await followFile(log, signal), signal);
    const next = async (): Promise<unknown> => (await lines.next()).value;
    await appendFile(log, "two\nthr");
    expect(await next()).toBe("two");
    await appendFile(log, "ee\n");
    expect(await next()).toBe("three");
    // A log that is rotated: another file under the same name.
    await writeFile(path("next.log"), "four\n");
    await rename(path("next.log"), log);
    expect(await next()).toBe("four");
    await writeFile(log, "5\n"); // and one that is cut short
    expect(await next()).toBe("5");
    await lines.return(undefined);
  });

  it("must be there to begin with", async () => {
    const never = followFile(path("none.log"), new AbortController().signal);
    await expect(never).rejects.toThrow(SensorError);
  });
});

describe("the jsonLines sensor", () => {
  it("takes numbers from deep within, lists whole, and an ISO time", async () => {
    const lines = [
      '{"at": "2026-01-01T00:00:00.000Z", "acc": {"xyz": [1, 2, 3]}, "ok": true}',
      '{"at": "2026-01-01T00:00:00.020Z", "acc": {"xyz": [4, 5, 6]}}',
    ];
    await writeFile(path("deep.jsonl"), lines.join("\n"));
    const options = {
      source: path("deep.jsonl"),
      fields: ["acc.xyz", "ok"],
      time: "at",
      timeUnit: "iso",
    };
    const frames = await sensedNumbers(jsonLines, options, context(numbers(4)));
    expect(frames.map(({ offset, values }) => [offset, ...values])).toEqual([
      [0, 1, 2, 3, 1],
      [20_000, 4, 5, 6, Number.NaN],
    ]);
  });

  it("listens to a socket, and takes its end for a failure", async () => {
    const server = createServer((socket) => socket.end('{"v": 7}\n')).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const told = context(numbers(1));
    const before = told.clock.now();
    const seen: number[] = [];
    const options = { source: `tcp://127.0.0.1:${port}`, fields: ["v"] };
    const ended = sensedNumbers(jsonLines, options, told, 2, ({ originTime }) =>
      seen.push(originTime),
    );
    await expect(ended).rejects.toThrow(/to go on, it ended/);
    server.close();
    expect(seen).toHaveLength(1);
    expect(seen[0]).toBeGreaterThanOrEqual(before); // stamped when it came
    await expect(sensedNumbers(jsonLines, options, told)).rejects.toThrow(/expected a connection/);
  });
});

/** Listens and takes nobody in; tells its port. */
const BUSY = `
const server = require("node:net").createServer().listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => {
  require("node:fs").writeSync(1, String(server.address().port));
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
});`;

describe("a source that cannot be reached yet", () => {
  it("is given up while it is being connected to, when the sensor is stopped", async () => {
    const host = spawn(process.execPath, ["-e", BUSY], { stdio: ["ignore", "pipe", "inherit"] });
    const [said] = (await once(host.stdout.setEncoding("utf8"), "data")) as [string];
    // They fill the queue of those who wait to be taken in.
    const waiting = Array.from({ length: 8 }, () => connect(Number(said), "127.0.0.1"));
    for (const socket of waiting) socket.on("error", () => {});
    try {
      const stop = new AbortController();
      const told = context(numbers(1), { signal: stop.signal });
      const options = { source: `tcp://127.0.0.1:${said}`, fields: ["v"] };
      const sensed = sensedNumbers(jsonLines, options, told);
      await new Promise((resolve) => setImmediate(resolve));
      stop.abort(new Error("stopped"));
      await expect(sensed).rejects.toThrow("stopped");
    } finally {
      for (const socket of waiting) socket.destroy();
      host.kill("SIGKILL");
    }
  });
});

describe("the nmea sensor", () => {
  const SENTENCES = `$GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,*47
$GPRMC,123519,A,4807.038,N,01131.000,E,022.4,084.4,230394,003.1,W*6A
$GPRMC,123520,A,4807.038,N,01131.000,E,022.4,084.4,230394,003.1,W*00
`;

  it("reads position, motion and what other sentences said, and refuses a wrong checksum", async () => {
    const quiet = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    await writeFile(path("gps.txt"), SENTENCES);
    const fields = ["latitude", "longitude", "altitude", "speedKnots", "course"];
    const frames = await sensedNumbers(
      nmea,
      { source: path("gps.txt"), fields },
      context(numbers(5)),
    );
    const told = quiet.mock.calls.length;
    quiet.mockRestore();
    expect(frames).toHaveLength(1);
    expect(frames[0]?.values.map((value) => Math.round(value * 1e4) / 1e4)).toEqual([
      48.1173, 11.5167, 545.4, 22.4, 84.4,
    ]);
    expect(told).toBe(1);
  });

  it("refuses fields that no receiver tells", () => {
    expect(() => nmea.create({ source: "-", fields: ["mood"] })).toThrow(/latitude, longitude/);
  });
});

const hasPython = spawnSync("python3", ["-c", "import pty"]).status === 0;

describe.skipIf(!hasPython)("a serial line", () => {
  it("is read at the rate it is told", async () => {
    // A pair of terminals stands in for a cable: what Python writes on one comes out of the other.
    const script = `
import os, pty, sys, tty, time
near, far = pty.openpty()
tty.setraw(far)
print(os.ttyname(far), flush=True)
sys.stdin.readline()
for i in range(1000):
    os.write(near, b"%d,%d\\r\\n" % (i, i * i)); time.sleep(0.01)
`;
    const python = spawn("python3", ["-c", script], { stdio: ["pipe", "pipe", "inherit"] });
    try {
      const [name] = (await once(python.stdout.setEncoding("utf8"), "data")) as [string];
      const options = { source: `serial:${name.trim()}`, baud: 115_200, head: "no" };
      const frames = sensedNumbers(csv, options, context(numbers(2)), 3);
      python.stdin.write("go\n");
      const seen = (await frames).map(({ values: [i = 0, square = 0] }) => ({ i, square }));
      expect(seen.map(({ i }) => i - (seen[0]?.i ?? 0))).toEqual([0, 1, 2]);
      expect(seen.every(({ i, square }) => square === i * i)).toBe(true);
    } finally {
      python.kill();
    }
  });
});
