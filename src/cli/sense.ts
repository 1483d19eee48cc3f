import { join } from "node:path";
import type { Command } from "commander";

import { ConfigError } from "../errors.ts";
import type { SensorRun } from "../pipeline/runSensor.ts";
import { micros } from "../units.ts";
import { interruption } from "./interruption.ts";
import { jsonObject, nameOrObject } from "./jsonObject.ts";
import { codeRoot } from "./packageRoot.ts";

/** The site of our own pipelines. */
const USUAL_SITE = "desk";

const EXAMPLES = `
Examples, against a pipeline started with --bind tcp://0.0.0.0:5560 (and keys, or --insecure):
  sensorium sense microphone --stream audio --connect tcp://HOST:5560
  sensorium sense camera --stream '{"stream":"video","shape":[20,28]}' \\
    --options '{"input":"rtsp://HOST/stream","crop":[0.3,0.31,0.4,0.38]}' --connect tcp://HOST:5560
  tail -f words.txt | sensorium sense text --connect tcp://HOST:5560
sensors/README.md lists every kind and its options.`;

/** The flags of `sensorium sense`, as they were typed. */
export interface SenseFlags {
  readonly stream?: string;
  readonly site?: string;
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
    .option(
      "--stream <name|json>",
      "its stream: the name, or what differs from what the sensor offers (docs/wire.md)",
    )
    .option("--site <name>", `the pipeline's site, "${USUAL_SITE}" unless the stream says`)
    .requiredOption("--connect <address>", "the pipeline's inlet, e.g. tcp://127.0.0.1:5560")
    .option("--control <address>", "the pipeline's control address")
    .option("--server-key <key>", "public key of a pipeline that encrypts, or its .pub file")
    .option("--curve-secret <file>", "this sensor's own keys (sensorium keys)")
    .option("--options <json>", "what the sensor takes", "{}")
    .option("--origin <us>", "where a replay's start falls, in µs since the Unix epoch")
    .option("--repeat <us>", "time after which a replay starts over, in µs")
    .addHelpText("after", EXAMPLES)
    .action(async (kind: string, flags: SenseFlags) => {
      const stop = interruption();
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
 * @throws {ConfigError} If one is not JSON, not a time or no stream, or the kind is none; the message names what is wrong.
 * @throws {SensorError} If a file that the sensor would read cannot be looked into.
 */
export async function senseRun(kind: string, flags: SenseFlags): Promise<SensorRun> {
  const { streamFor } = await import("../pipeline/streamFor.ts");
  const { loadSensorKind } = await import("../pipeline/loadSensorKind.ts");
  const sensors = join(codeRoot(), "sensors");
  const options = jsonObject("--options", flags.options);
  const { stream, site = USUAL_SITE } = flags;
  const answer = await streamFor({
    ...{ options, site, kind: await loadSensorKind(kind, sensors) },
    ...(stream !== undefined && { stream: nameOrObject("--stream", stream) }),
  });
  return {
    kind,
    ...answer,
    connect: flags.connect,
    ...(flags.control === undefined ? {} : { control: flags.control }),
    ...(flags.origin === undefined ? {} : { origin: time("--origin", flags.origin) }),
    ...(flags.repeat === undefined ? {} : { repeat: time("--repeat", flags.repeat) }),
    ...(await curveOf(flags)),
    sensors,
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

function time(flag: string, text: string): ReturnType<typeof micros> {
  if (!/^\d{1,16}$/.test(text)) throw new ConfigError(flag, `expected microseconds, got ${text}`);
  return micros(Number(text));
}
