import { join } from "node:path";
import type { Command } from "commander";

import { ConfigError } from "../errors.ts";
import type { SensorRun } from "../pipeline/runSensor.ts";
import { micros } from "../units.ts";
import { codeRoot } from "./packageRoot.ts";

/** The flags of `sensorium sense`, as they were typed. */
export interface SenseFlags {
  readonly stream: string;
  readonly connect: string;
  readonly control?: string;
  readonly serverKey?: string;
  readonly curveSecret?: string;
  readonly options: string;
  readonly origin?: string;
  readonly repeat?: string;
}

/** `sensorium sense`: one sensor as a process of its own, against a pipeline that runs elsewhere. */
export function addSenseCommand(program: Command): void {
  program
    .command("sense")
    .description("run one sensor and push what it senses to a pipeline")
    .argument(
      "<kind>",
      "file of sensors/ (recording, microphone, camera, text...) or a module's path",
    )
    .requiredOption("--stream <json>", "the stream's description, as in docs/wire.md")
    .requiredOption("--connect <address>", "the pipeline's inlet, e.g. tcp://127.0.0.1:5560")
    .option("--control <address>", "the pipeline's control address")
    .option("--server-key <key>", "public key of a pipeline that encrypts, or its .pub file")
    .option("--curve-secret <file>", "this sensor's own keys (sensorium keys)")
    .option("--options <json>", "what the sensor takes", "{}")
    .option("--origin <us>", "where a replay's start falls, in µs since the Unix epoch")
    .option("--repeat <us>", "time after which a replay starts over, in µs")
    .action(async (kind: string, flags: SenseFlags) => {
      const stop = new AbortController();
      const abort = (): void => stop.abort();
      process.once("SIGINT", abort).once("SIGTERM", abort);
      try {
        // Loaded here: no other command needs the wire, and this one needs to be up at once.
        const { runSensor } = await import("../pipeline/runSensor.ts");
        await runSensor(await senseRun(kind, flags), stop.signal);
      } catch (error) {
        if (!stop.signal.aborted) throw error;
      }
    });
}

/**
 * The run that the flags ask for.
 *
 * @throws {ConfigError} If one is not JSON, not a time or no stream; the message names what is wrong.
 */
export async function senseRun(kind: string, flags: SenseFlags): Promise<SensorRun> {
  const { parseStream } = await import("./parseStream.ts");
  return {
    kind,
    options: jsonObject("--options", flags.options),
    description: parseStream(jsonObject("--stream", flags.stream)),
    connect: flags.connect,
    ...(flags.control === undefined ? {} : { control: flags.control }),
    ...(flags.origin === undefined ? {} : { origin: time("--origin", flags.origin) }),
    ...(flags.repeat === undefined ? {} : { repeat: time("--repeat", flags.repeat) }),
    ...(await curveOf(flags)),
    sensors: join(codeRoot(), "sensors"),
  };
}

/** @throws {ConfigError} If a key is none, or one is given without the other. */
async function curveOf({ serverKey, curveSecret }: SenseFlags): Promise<Pick<SensorRun, "curve">> {
  if (serverKey === undefined && curveSecret === undefined) return {};
  if (serverKey === undefined || curveSecret === undefined)
    throw new ConfigError("sense", "expected --server-key and --curve-secret together, got one");
  const { readKeyFile, readPublicKey } = await import("./keyFiles.ts");
  return { curve: { ...readKeyFile(curveSecret), serverKey: readPublicKey(serverKey) } };
}

function jsonObject(flag: string, text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new ConfigError(flag, `expected JSON, got ${text}`, { cause });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new ConfigError(flag, `expected a JSON object, got ${text}`);
  return value as Readonly<Record<string, unknown>>;
}

function time(flag: string, text: string): ReturnType<typeof micros> {
  if (!/^\d{1,16}$/.test(text)) throw new ConfigError(flag, `expected microseconds, got ${text}`);
  return micros(Number(text));
}
