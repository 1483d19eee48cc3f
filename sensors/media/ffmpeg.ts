import { spawn } from "node:child_process";
import { once } from "node:events";

import { ConfigError, SensorError, type SensorProbe } from "../../src/sensing.ts";
import type { MediaInput } from "./mediaInput.ts";

/** What to do where there is no ffmpeg. */
export const INSTALL_FFMPEG = "install ffmpeg (Debian: apt-get install ffmpeg)";
/** How much of what ffmpeg complains about is kept to explain its end. */
const KEPT_STDERR = 2_000;

/** Hands on what a device gives at once; a file read like this would lose its beginning. */
const DEVICE_FLAGS = ["-fflags", "nobuffer", "-probesize", "32768", "-analyzeduration", "0"];

/** Protocols that ffmpeg may use for an input of each scheme: a playlist must not reach further. */
const PROTOCOLS: Readonly<Record<string, string>> = {
  file: "file,pipe",
  rtsp: "rtsp,rtp,tcp,udp",
  http: "http,https,tcp,tls,crypto",
  https: "http,https,tcp,tls,crypto",
  udp: "udp,rtp",
  rtp: "udp,rtp",
  rtmp: "rtmp,tcp",
  srt: "srt,udp",
};

/** Half a second of a stream says what it is; ffmpeg would listen for five before it gives the first of it. */
const AT_ONCE = ["-fflags", "nobuffer", "-analyzeduration", "500000"];

/** Streams that go on for ever: their end is a failure, and so is silence on the line for 5 s. */
const ENDLESS: Readonly<Record<string, readonly string[]>> = {
  rtsp: [...AT_ONCE, "-rtsp_transport", "tcp", "-timeout", "5000000"],
  rtmp: [...AT_ONCE, "-rw_timeout", "5000000"],
  srt: [...AT_ONCE, "-rw_timeout", "5000000"],
  udp: [...AT_ONCE, "-timeout", "5000000"],
  rtp: [...AT_ONCE, "-timeout", "5000000"],
};

/**
 * ffmpeg's arguments for an input. Files and made-up sources are read at the pace of their own time.
 *
 * @throws {ConfigError} If the address has a scheme we do not let ffmpeg open.
 */
export function inputArguments({ format, source, options = [] }: MediaInput): string[] {
  if (format !== undefined) {
    const pace = format === "lavfi" ? ["-re"] : DEVICE_FLAGS;
    return [...pace, "-f", format, ...options, "-i", source];
  }
  const scheme = schemeOf(source);
  const protocols = Object.hasOwn(PROTOCOLS, scheme) ? PROTOCOLS[scheme] : undefined;
  if (protocols === undefined)
    throw new ConfigError(
      "media input",
      `expected a file or ${Object.keys(PROTOCOLS).join(", ")}, got ${source}`,
    );
  const pace = scheme === "file" ? ["-re"] : (ENDLESS[scheme] ?? []);
  return [...pace, "-protocol_whitelist", protocols, ...options, "-i", source];
}

/** Whether an input goes on for ever, a device or a network stream: its end is that something is gone. */
export function isEndless({ format, source }: MediaInput): boolean {
  return format === undefined ? Object.hasOwn(ENDLESS, schemeOf(source)) : format !== "lavfi";
}

function schemeOf(source: string): string {
  return /^([a-z][a-z0-9+.-]+):/i.exec(source)?.[1]?.toLowerCase() ?? "file";
}

/** What ffmpeg is to do. */
export interface MediaOptions {
  /** The sensor, for messages. */
  readonly where: string;
  /** Whether its end is a failure, even if ffmpeg ends well. */
  readonly endless?: boolean;
  /** Everything between ffmpeg's own flags and its output. */
  readonly arguments: readonly string[];
  readonly signal: AbortSignal;
}

/**
 * What ffmpeg writes, in blocks of equal size, as it comes; the last, incomplete one is left out.
 *
 * @param blockBytes Bytes of one block.
 * @throws As `mediaOutput`.
 */
export async function* mediaBlocks({
  blockBytes,
  ...options
}: MediaOptions & { readonly blockBytes: number }): AsyncGenerator<Uint8Array, void, undefined> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const piece of mediaOutput(options)) {
    rest = rest.byteLength === 0 ? piece : Buffer.concat([rest, piece]);
    for (; rest.byteLength >= blockBytes; rest = rest.subarray(blockBytes))
      yield rest.subarray(0, blockBytes);
  }
}

/** All that ffmpeg writes, as one text. @throws As `mediaOutput`. */
export async function mediaText(options: MediaOptions): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of mediaOutput(options)) pieces.push(piece);
  return Buffer.concat(pieces).toString("utf8");
}

/**
 * What ffmpeg writes, as it comes.
 *
 * ffmpeg is a process of its own: killed when the signal aborts or nobody wants more, and dead of a
 * broken pipe when our process is.
 *
 * @throws {SensorError} If ffmpeg is not there, ends with anything but success, or ends though its input
 *   is endless.
 * @throws The signal's reason, when it aborts.
 */
async function* mediaOutput({
  where,
  endless = false,
  arguments: told,
  signal,
}: MediaOptions): AsyncGenerator<Buffer, void, undefined> {
  signal.throwIfAborted();
  const child = spawn(
    "ffmpeg",
    ["-v", "error", "-nostdin", ...told, "-flush_packets", "1", "pipe:1"],
    {
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  const kill = (): void => void child.kill("SIGKILL");
  signal.addEventListener("abort", kill, { once: true });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr = (stderr + text).slice(-KEPT_STDERR);
  });
  const ended = once(child, "close") as Promise<[code: number | null]>;
  // A failure to start comes up below, where it is awaited; not before.
  ended.catch(() => {});
  try {
    yield* child.stdout as AsyncIterable<Buffer>;
    const [code] = await ended.catch((cause: unknown) => {
      throw new SensorError(where, `expected ffmpeg, got none: ${INSTALL_FFMPEG}`, { cause });
    });
    signal.throwIfAborted();
    if (code !== 0)
      throw new SensorError(
        where,
        `expected ffmpeg to go on, it ended with code ${code}: ${lastLine(stderr)}`,
      );
    if (endless)
      throw new SensorError(
        where,
        `expected the source to go on, it ended ${lastLine(stderr)}`.trim(),
      );
  } finally {
    signal.removeEventListener("abort", kill);
    kill();
  }
}

/** Whether ffmpeg is there; `device` then says whether there is something to sense with. */
export async function probeFfmpeg(device: () => Promise<SensorProbe>): Promise<SensorProbe> {
  const child = spawn("ffmpeg", ["-version"], { stdio: ["ignore", "ignore", "ignore"] });
  try {
    const [code] = await once(child, "close");
    if (code === 0) return await device();
  } catch {
    // Not there at all: told below like one that does not run.
  }
  return { works: false, detail: "no ffmpeg that runs", fix: INSTALL_FFMPEG };
}

function lastLine(text: string): string {
  return text.trim().split("\n").at(-1) ?? "";
}
