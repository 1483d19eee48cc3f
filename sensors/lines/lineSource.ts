import { createReadStream } from "node:fs";
import { connect } from "node:net";
import { PassThrough, type Readable } from "node:stream";

import { ConfigError, SensorError, type SensorSettings } from "../../src/sensing.ts";
import { followFile } from "./followFile.ts";

/** Where lines come from. */
export interface LineSource {
  /** What it is, for messages. */
  readonly name: string;
  /** Whether all of it is there already: a file that is not followed. */
  readonly isComplete: boolean;
  /** Whether its end means that something is gone. */
  readonly isEndless: boolean;
  /** Opens it. @throws {SensorError} If it cannot be. */
  open(signal: AbortSignal): Promise<Readable>;
}

/** Rates that serial devices speak. */
const USUAL_BAUD = 9_600;

/**
 * The source that a sensor's options name.
 *
 * `source`: a file, `-` for standard input, `tcp://host:port`, or `serial:/dev/ttyUSB0`; `follow`, `yes`
 * to wait for what is added to a file; `baud` of a serial line (9600).
 *
 * @throws {ConfigError} If it names none.
 */
export function lineSource(settings: SensorSettings): LineSource {
  const source = settings.text("source");
  const follow = settings.choice("follow", ["yes", "no"], "no") === "yes";
  const baud = settings.count("baud", 50, USUAL_BAUD);
  if (source === "-")
    return {
      name: "standard input",
      isComplete: false,
      isEndless: false,
      open: async () => process.stdin,
    };
  if (source.startsWith("serial:")) return serial(source.slice("serial:".length), baud);
  if (source.startsWith("tcp://")) return socket(source);
  if (/^[a-z]+:\/\//.test(source))
    throw new ConfigError("source", `expected a file, -, tcp:// or serial:, got ${source}`);
  return {
    name: source,
    isComplete: !follow,
    isEndless: follow,
    open: async (signal) => (follow ? followFile(source, signal) : createReadStream(source)),
  };
}

function serial(path: string, baudRate: number): LineSource {
  return {
    name: path,
    isComplete: false,
    isEndless: true,
    async open() {
      // Native code that only a serial line needs.
      const { SerialPort } = await import("serialport");
      const port = new SerialPort({ path, baudRate, autoOpen: false });
      await new Promise<void>((resolve, reject) =>
        port.open((problem) =>
          problem
            ? reject(new SensorError(path, `expected a serial line, got ${problem.message}`))
            : resolve(),
        ),
      );
      const out = new PassThrough();
      port.on("error", (problem) => out.destroy(problem));
      port.on("close", () => out.end());
      out.on("close", () => {
        if (port.isOpen) port.close();
      });
      return port.pipe(out);
    },
  };
}

function socket(address: string): LineSource {
  const { hostname, port } = new URL(address);
  if (hostname === "" || port === "")
    throw new ConfigError("source", `expected tcp://host:port, got ${address}`);
  return {
    name: address,
    isComplete: false,
    isEndless: true,
    open: () =>
      new Promise((resolve, reject) => {
        const opened = connect({ host: hostname.replace(/^\[|\]$/g, ""), port: Number(port) });
        opened.once("connect", () => resolve(opened));
        opened.once("error", (problem) =>
          reject(new SensorError(address, `expected a connection, got ${problem.message}`)),
        );
      }),
  };
}
