import { WireError } from "../errors.ts";
import { type DType, isDType } from "../frames/DType.ts";
import { isName } from "../frames/StreamDescription.ts";
import type { Micros } from "../units.ts";
import { pack, packable, unpackMap, unsignedOf } from "./msgpack.ts";
import { MAX_DIMENSIONS, MAX_HEADER_BYTES, type Publisher, WIRE_VERSION } from "./WireMessage.ts";

/** Whose time a pipeline runs on: the machine's, or its own, as fast as it goes. */
export type ClockKind = "system" | "driven";

/** A sensor tells that it is there. */
export interface Hello extends Publisher {
  readonly kind: "hello";
  /** Process id, for people. */
  readonly pid: number;
  /** What its frames will be, both or neither; not said by all. */
  readonly dtype?: DType;
  readonly shape?: readonly number[];
}

/** The pipeline's answer to a hello that it has no use for: the sensor may as well end. */
export interface Refused {
  readonly kind: "refused";
  /** What was expected and what came, for a person; at most 500 characters. */
  readonly problem: string;
}

/** The pipeline's answer to a hello. */
export interface Welcome {
  readonly kind: "welcome";
  readonly clock: ClockKind;
  /** The pipeline's clock. */
  readonly now: Micros;
  /** The inlet takes messages in one part; without it in three only. */
  readonly onePart?: true;
}

/** The pipeline's driven clock has moved: send what is due, then a heartbeat with `at` = `now`. */
export interface Tick {
  readonly kind: "tick";
  readonly now: Micros;
}

/** The pipeline asks what time it is: answer at once. */
export interface Probe {
  readonly kind: "probe";
  /** The pipeline's clock when it asked. Comes back as it is, and names the probe. */
  readonly t0: Micros;
}

/** A sensor's answer to a probe. */
export interface Echo {
  readonly kind: "echo";
  readonly t0: Micros;
  /** The sensor's clock when the probe came in. */
  readonly t1: Micros;
  /** The sensor's clock when the answer went out. */
  readonly t2: Micros;
}

/** What travels on the control path, either way. */
export type ControlMessage = Hello | Welcome | Refused | Tick | Probe | Echo;

/** Most characters of a refusal's text. */
const MAX_PROBLEM = 500;

/** A control message as it travels: one part, a msgpack map (docs/wire.md, control path). */
export function encodeControl(message: ControlMessage): Uint8Array {
  const head = { v: WIRE_VERSION, kind: message.kind };
  switch (message.kind) {
    case "hello": {
      const { site, stream, epoch, pid, dtype, shape } = message;
      return pack({
        ...head,
        site,
        stream,
        epoch: packable(epoch),
        pid,
        ...(dtype !== undefined && shape !== undefined && { dtype, shape }),
      });
    }
    case "refused":
      return pack({ ...head, problem: message.problem.slice(0, MAX_PROBLEM) });
    case "welcome":
      return pack({
        ...head,
        clock: message.clock,
        now: packable(message.now),
        ...(message.onePart === true && { onePart: true }),
      });
    case "tick":
      return pack({ ...head, now: packable(message.now) });
    case "probe":
      return pack({ ...head, t0: packable(message.t0) });
    case "echo": {
      const { t0, t1, t2 } = message;
      return pack({ ...head, t0: packable(t0), t1: packable(t1), t2: packable(t2) });
    }
  }
}

/**
 * The control message in one part from the network.
 *
 * @throws {WireError} For any other bytes; never anything else.
 */
export function decodeControl(bytes: Uint8Array): ControlMessage {
  const fields = bytes.byteLength <= MAX_HEADER_BYTES ? unpackMap(bytes) : undefined;
  if (fields === undefined)
    throw new WireError("control", "header", "expected a small msgpack map");
  const v = unsignedOf(fields["v"]);
  if (v !== WIRE_VERSION)
    throw new WireError("control", "version", `expected v = ${WIRE_VERSION}, got ${v}`);
  const now = unsignedOf(fields["now"]) as Micros | undefined;
  const t0 = unsignedOf(fields["t0"]) as Micros | undefined;
  switch (fields["kind"]) {
    case "hello": {
      const { site, stream } = fields;
      const epoch = unsignedOf(fields["epoch"]);
      const pid = unsignedOf(fields["pid"]);
      const frames = framesOf(fields["dtype"], fields["shape"]);
      if (!isName(site) || !isName(stream) || epoch === undefined || pid === undefined) break;
      if (frames !== undefined) return { kind: "hello", site, stream, epoch, pid, ...frames };
      break;
    }
    case "refused": {
      const { problem } = fields;
      if (typeof problem === "string" && problem.length <= MAX_PROBLEM)
        return { kind: "refused", problem };
      break;
    }
    case "welcome": {
      const { clock } = fields;
      if ((clock === "system" || clock === "driven") && now !== undefined)
        return {
          kind: "welcome",
          clock,
          now,
          ...(fields["onePart"] === true && { onePart: true }),
        };
      break;
    }
    case "tick":
      if (now !== undefined) return { kind: "tick", now };
      break;
    case "probe":
      if (t0 !== undefined) return { kind: "probe", t0 };
      break;
    case "echo": {
      const t1 = unsignedOf(fields["t1"]) as Micros | undefined;
      const t2 = unsignedOf(fields["t2"]) as Micros | undefined;
      if (t0 !== undefined && t1 !== undefined && t2 !== undefined)
        return { kind: "echo", t0, t1, t2 };
      break;
    }
  }
  throw new WireError(
    "control",
    "header",
    "expected a complete hello, welcome, refused, tick, probe or echo",
  );
}

/** What a hello says of its frames; undefined if it is no such thing. */
function framesOf(dtype: unknown, shape: unknown): Pick<Hello, "dtype" | "shape"> | undefined {
  if (dtype === undefined && shape === undefined) return {};
  if (!isDType(dtype) || !Array.isArray(shape) || shape.length > MAX_DIMENSIONS) return undefined;
  const sizes: readonly unknown[] = shape;
  return sizes.every((size) => (unsignedOf(size) ?? 0) > 0) ? { dtype, shape } : undefined;
}
