import { once } from "node:events";
import { createReadStream } from "node:fs";
import { connect } from "node:net";
import { PassThrough, type Readable } from "node:stream";

import {
  ConfigError,
  type SensorDevice,
  SensorError,
  type SensorSettings,
} from "../../src/sensing.ts";
import { followFile } from "./followFile.ts";

/** Where lines come from. */
export interface LineSource {
  /** What it is, for messages. */
  readonly name: string;
  /** Whether all of it is there already: a file that is not followed. */
  readonly isComplete: boolean;
  /** Whether its end means that something is gone. */
  readonly isEndless: boolean;
  /**
   * Opens it.
   *
   * @throws {SensorError} If it cannot be.
   * @throws The signal's reason, when it aborts before it is open.
   */
  open(signal: AbortSignal): Promise<Readable>;
}

/** Rates that serial devices speak. */
const USUAL_BAUD = 9_600;

/**
 * The source that a sensor's options name.
 *
 * `source`: a file, `-` for standard input, `tcp://host:port`, `serial:/dev/ttyUSB0`, or `listen:port` or
 * `listen:host:port` for what others post by HTTP or send by WebSocket (`postedLines`), with `token`, without which
 * only this machine is listened to; `follow`, `yes` to wait for what is added to a file; `baud` of a serial line
 * (9600).
 *
 * @param usual The source where the options name none.
 * @throws {ConfigError} If they name none that can be.
 */
export function lineSource(settings: SensorSettings, usual?: string): LineSource {
  const source = settings.text("source", usual);
  const follow = settings.choice("follow", ["yes", "no"], "no") === "yes";
  const baud = settings.count("baud", 50, USUAL_BAUD);
  if (source === "-")
    return {
      name: "standard input",
      isComplete: false,
      isEndless: false,
      open: async () => process.stdin,
    };
  const token = settings.has("token") ? settings.text("token") : undefined;
  if (source.startsWith("listen:")) return listener(source, token);
  if (source.startsWith("serial:")) return serial(source.slice("serial:".length), baud);
  if (source.startsWith("tcp://")) return socket(source);
  if (/^[a-z]+:\/\//.test(source))
    throw new ConfigError(
      "source",
      `expected a file, -, tcp://, serial: or listen:, got ${source}`,
    );
  return {
    name: source,
    isComplete: !follow,
    isEndless: follow,
    open: async (signal) => (follow ? followFile(source, signal) : createReadStream(source)),
  };
}

/** The serial lines of this machine, for every sensor that takes a `source`. */
export async function serialLines(): Promise<SensorDevice[]> {
  const { SerialPort } = await import("serialport");
  const ports = await SerialPort.list().catch(() => []);
  return ports.map(({ path, manufacturer, productId }) => ({
    name: [manufacturer, productId].filter(Boolean).join(" ") || path,
    options: { source: `serial:${path}` },
  }));
}

function listener(source: string, token: string | undefined): LineSource {
  const [, host = "127.0.0.1", port = ""] = /^listen:(?:(.+):)?(\d{1,5})$/.exec(source) ?? [];
  if (port === "" || Number(port) > 65_535)
    throw new ConfigError("source", `expected listen:port or listen:host:port, got ${source}`);
  if (token === undefined && !/^(127\.[\d.]+|localhost|\[?::1\]?)$/.test(host))
    throw new ConfigError("source", `expected option token where others can reach ${source}`);
  return {
    name: source,
    isComplete: false,
    isEndless: true,
    async open(signal) {
      // A server that only this source needs.
      const { postedLines } = await import("./postedLines.ts");
      const where = { host: host.replace(/^\[|\]$/g, ""), port: Number(port) };
      return postedLines({ ...where, signal, ...(token !== undefined && { token }) });
    },
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
    async open(signal) {
      signal.throwIfAborted();
      const opened = connect({ host: hostname.replace(/^\[|\]$/g, ""), port: Number(port) });
      try {
        await once(opened, "connect", { signal });
      } catch (cause) {
        // A host that does not answer would be waited for for minutes.
        opened.destroy();
        signal.throwIfAborted();
        const problem = cause instanceof Error ? cause.message : String(cause);
        throw new SensorError(address, `expected a connection, got ${problem}`, { cause });
      }
      return opened;
    },
  };
}
