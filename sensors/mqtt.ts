import { connect, type MqttClient } from "mqtt";

import {
  ConfigError,
  counted,
  frameBytes,
  micros,
  type SensedFrame,
  type SensorContext,
  SensorError,
  type SensorKind,
  SensorSettings,
} from "../src/sensing.ts";
import { fieldAt, numbersAt } from "./lines/jsonFields.ts";
import { packNumbers } from "./lines/packNumbers.ts";
import { numberOf, type RowStamps, rowStamps } from "./lines/rowStamps.ts";
import { onlyOffer, rowsOffer, USUAL_TEXT } from "./streams/usualStreams.ts";

/** Messages that wait for the outlet; a broker may hand over more at once than a network takes. */
const MOST_WAITING = 10_000;

const FORMS = ["json", "numbers", "text", "raw"] as const;

interface MqttSettings {
  readonly url: string;
  readonly topic: string;
  readonly form: (typeof FORMS)[number];
  readonly fields: readonly string[];
  readonly stamps: RowStamps;
}

/**
 * The messages of an MQTT topic.
 *
 * Options: `url` (`mqtt://host:1883`, `mqtts://`, `ws://`; name and password within it or in the
 * environment as MQTT_USERNAME, MQTT_PASSWORD); `topic`, `+` and `#` allowed; `form`: `json` with `fields`
 * as `jsonLines` has them, `numbers` apart by commas or spaces, `text` for a caption, `raw` for a frame's
 * own bytes (json); when, see `rowStamps`, for json. Frames without a time are stamped when they come.
 *
 * The connection is kept up by itself; what is published while it is down is lost, as MQTT has it.
 */
export const mqtt: SensorKind = {
  name: "mqtt",
  summary: "Takes the messages of an MQTT topic: JSON, numbers, text or bytes.",
  offers: async (options) =>
    options["form"] === "text"
      ? onlyOffer(USUAL_TEXT, options)
      : rowsOffer("mqtt", options["fields"], options),
  probe: async () => ({ works: true, detail: "needs a broker's address" }),
  create(options) {
    const settings = new SensorSettings("mqtt", options);
    const url = settings.text("url");
    const topic = settings.text("topic");
    const form = settings.choice("form", FORMS, "json");
    const fields = settings.texts("fields");
    const stamps = rowStamps(settings);
    settings.end();
    if (!/^(mqtts?|wss?|tcp|ssl):\/\//.test(url))
      throw new ConfigError("mqtt", `expected an address like mqtt://host:1883, got ${url}`);
    if (form === "json" && fields.length === 0)
      throw new ConfigError("mqtt", "expected option fields for json, got none");
    if (form !== "json" && stamps.field !== undefined)
      throw new ConfigError("mqtt", `expected option time for json only, got form ${form}`);
    return {
      pace: "live",
      frames: (context) => messages({ url, topic, form, fields, stamps }, context),
    };
  },
};

async function* messages(
  { url, topic, form, fields, stamps }: MqttSettings,
  { description, clock, signal }: SensorContext,
): AsyncGenerator<SensedFrame> {
  const read = reader(form, fields, stamps, description);
  const waiting: SensedFrame[] = [];
  let wake: () => void = () => {};
  let lost = 0;
  const client = await open(url, signal);
  client.on("message", (_, payload) => {
    const frame = read(payload);
    if (frame === undefined)
      process.stderr.write(`mqtt: expected ${form}, got ${payload.toString("utf8", 0, 80)}\n`);
    else if (waiting.length >= MOST_WAITING) {
      lost++;
      if (Number.isInteger(Math.log10(lost)))
        process.stderr.write(`mqtt: left out ${counted(lost, "message")}\n`);
    } else waiting.push({ originTime: frame.time ?? clock.now(), payload: frame.payload });
    wake();
  });
  const stop = (): void => wake();
  signal.addEventListener("abort", stop);
  try {
    await client.subscribeAsync(topic);
    for (;;) {
      signal.throwIfAborted();
      const frame = waiting.shift();
      if (frame !== undefined) yield frame;
      else
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    }
  } finally {
    signal.removeEventListener("abort", stop);
    await client.endAsync(true);
  }
}

/** @throws {SensorError} If there is no broker; later it is looked for again and again. */
async function open(url: string, signal: AbortSignal): Promise<MqttClient> {
  const { MQTT_USERNAME: username, MQTT_PASSWORD: password } = process.env;
  const client = connect(url, {
    reconnectPeriod: 1_000,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
  });
  try {
    await new Promise<void>((resolve, reject) => {
      client.once("connect", () => resolve());
      client.once("error", reject);
      client.once("close", () => reject(new Error("the connection was closed")));
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    });
    // Later troubles end in another connection, and are told by the silence of the stream.
    client.on("error", (problem) => process.stderr.write(`mqtt: ${problem.message}\n`));
    return client;
  } catch (cause) {
    client.end(true);
    signal.throwIfAborted();
    const problem = cause instanceof Error && cause.message !== "" ? cause.message : String(cause);
    throw new SensorError("mqtt", `expected a broker at ${withoutSecret(url)}, got ${problem}`, {
      cause,
    });
  }
}

function reader(
  form: MqttSettings["form"],
  fields: readonly string[],
  stamps: RowStamps,
  description: SensorContext["description"],
): (
  payload: Buffer,
) => { readonly payload: Uint8Array; readonly time?: SensedFrame["originTime"] } | undefined {
  if (form === "raw") {
    const size = frameBytes(description);
    return (payload) =>
      size === undefined || payload.byteLength === size ? { payload } : undefined;
  }
  if (form === "text") {
    if (description.dtype !== "utf8")
      throw new ConfigError(
        `stream ${description.stream}`,
        `expected utf8 for text, got ${description.dtype}`,
      );
    return (payload) => {
      const caption = { text: payload.toString("utf8").trim(), duration: micros(0) };
      return caption.text === ""
        ? undefined
        : { payload: new TextEncoder().encode(JSON.stringify(caption)) };
    };
  }
  const pack = packNumbers(description);
  return (bytes) => {
    if (form === "numbers") {
      const payload = pack(
        bytes
          .toString("utf8")
          .trim()
          .split(/[\s,;]+/)
          .map(numberOf),
      );
      return payload && { payload };
    }
    try {
      const value: unknown = JSON.parse(bytes.toString("utf8"));
      const payload = pack(numbersAt(value, fields));
      if (payload === undefined) return undefined;
      if (stamps.field === undefined) return { payload };
      const time = stamps.read(fieldAt(value, stamps.field));
      return time && { payload, time };
    } catch {
      return undefined;
    }
  };
}

function withoutSecret(url: string): string {
  return url.replace(/\/\/[^@/]*@/, "//");
}
