import { type Answer, ask, fieldOf, listOf, post, textOf } from "./server.ts";

/** A stream and who feeds it. */
export interface FedStream {
  readonly stream: string;
  /** What its frames are, in words. */
  readonly frames: string;
  readonly state: string;
  /** The kind of sensor of the pipeline's machine that feeds it. */
  readonly kind: string | undefined;
  /** Whether the pipeline does not declare it: it goes with its sensor. */
  readonly isGuest: boolean;
  readonly problem: string | undefined;
}

/** A kind of sensor that can be attached. */
export interface SensorKind {
  readonly kind: string;
  readonly summary: string;
  /** The option that is said most. */
  readonly argument: string | undefined;
  readonly devices: readonly { readonly name: string; readonly options: object }[];
  /** What to do before it works on the pipeline's machine. */
  readonly fix: string | undefined;
}

/** What is to be attached, as a person says it. */
export interface SensorWish {
  readonly kind: SensorKind;
  /** Of the kind's argument; may be empty. */
  readonly argument: string;
  /** Number of the device in the kind's list; the usual one unless given. */
  readonly device: number | undefined;
  /** Further options as JSON; may be empty. */
  readonly further: string;
  /** The stream that it feeds, by name; a new one called like the kind where empty. */
  readonly stream: string;
}

/** Something that was asked for, or in words why it is not there. */
export type Found<T> =
  | { readonly found: T; readonly problem?: undefined }
  | { readonly problem: string; readonly found?: undefined };

/** The streams there are now. */
export async function fedStreams(): Promise<Found<readonly FedStream[]>> {
  return found(await ask("/api/sensors"), (value) =>
    listOf(value, "sensors").flatMap((entry): FedStream[] => {
      const description = fieldOf(entry, "description");
      const stream = textOf(description, "stream");
      if (stream === undefined) return [];
      const state = textOf(entry, "state") ?? "";
      const isGuest = fieldOf(entry, "isGuest") === true;
      const [kind, problem] = [textOf(entry, "kind"), textOf(entry, "problem")];
      return [{ stream, frames: framesOf(description), state, kind, isGuest, problem }];
    }),
  );
}

/** The kinds of sensor that the pipeline's machine can start. */
export async function sensorKinds(): Promise<Found<readonly SensorKind[]>> {
  return found(await ask("/api/sensors/kinds"), (value) =>
    listOf(value, "kinds").flatMap((entry): SensorKind[] => {
      const kind = textOf(entry, "kind");
      if (kind === undefined) return [];
      const devices = listOf(entry, "devices").flatMap((device) => {
        const options = fieldOf(device, "options");
        const name = textOf(device, "name");
        return name !== undefined && typeof options === "object" && options !== null
          ? [{ name, options }]
          : [];
      });
      const [argument, fix] = [textOf(entry, "argument"), textOf(entry, "fix")];
      return [{ kind, summary: textOf(entry, "summary") ?? "", argument, devices, fix }];
    }),
  );
}

/** Attaches a sensor. @returns Why it was not, in words; undefined when it was. */
export async function attachSensor(wish: SensorWish): Promise<string | undefined> {
  const { kind, argument, device, further, stream } = wish;
  const options: unknown = further.trim() === "" ? {} : parsed(further);
  if (typeof options !== "object" || options === null || Array.isArray(options))
    return `further options: expected a JSON object like {"loop":true}, got ${further}`;
  const said = kind.argument !== undefined && argument !== "" ? { [kind.argument]: argument } : {};
  const chosen = device === undefined ? {} : (kind.devices[device]?.options ?? {});
  return post("/api/sensors", {
    kind: kind.kind,
    options: { ...chosen, ...said, ...options },
    ...(stream.trim() !== "" && { stream: stream.trim() }),
  });
}

/** Takes a stream's sensor away, and a guest's stream with it. @returns Why it was not; undefined when it was. */
export async function detachSensor(stream: string): Promise<string | undefined> {
  return (await ask(`/api/sensors/${encodeURIComponent(stream)}`, { method: "DELETE" })).problem;
}

function found<T>({ value, problem }: Answer, read: (value: unknown) => T): Found<T> {
  return problem === undefined ? { found: read(value) } : { problem };
}

function framesOf(description: unknown): string {
  const rate = fieldOf(description, "rate");
  const shape = listOf(description, "shape").join(" × ");
  return [
    `${textOf(description, "dtype")}${shape === "" ? "" : ` [${shape}]`}`,
    typeof rate === "number" ? `${rate} a second` : "as things happen",
  ].join(", ");
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
