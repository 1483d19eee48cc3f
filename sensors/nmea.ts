import { type Packet, parseNmeaSentence } from "nmea-simple";

import { ConfigError, type SensorKind, SensorSettings } from "../src/sensing.ts";
import { lineSource } from "./lines/lineSource.ts";
import { type ParsedLine, rowFrames, rowPace } from "./lines/rowFrames.ts";
import { rowStamps } from "./lines/rowStamps.ts";
import { rowsOffer } from "./streams/usualStreams.ts";

/** What a receiver may be asked for, and in which sentence it says so. */
const FIELDS: Readonly<Record<string, (packet: Packet) => number | undefined>> = {
  latitude: (packet) => ("latitude" in packet ? packet.latitude : undefined),
  longitude: (packet) => ("longitude" in packet ? packet.longitude : undefined),
  altitude: (packet) => (packet.sentenceId === "GGA" ? packet.altitudeMeters : undefined),
  satellites: (packet) => (packet.sentenceId === "GGA" ? packet.satellitesInView : undefined),
  speedKnots: (packet) => ("speedKnots" in packet ? packet.speedKnots : undefined),
  course: (packet) => (packet.sentenceId === "RMC" ? packet.trackTrue : undefined),
};

/** What makes a place. */
const PLACE = ["latitude", "longitude"];

/**
 * Position and motion from a satellite receiver that speaks NMEA 0183.
 *
 * Options: where from, see `lineSource` (a serial line, mostly); `sentence`, which one makes a frame (`RMC`);
 * `fields`, a list of latitude, longitude (degrees, north and east positive), altitude (m), satellites,
 * speedKnots, course (degrees) (latitude, longitude). What other sentences said last fills the fields
 * that this one lacks; what was never said is NaN. Frames are stamped when they come; a file needs a
 * stream with a rate.
 */
export const nmea: SensorKind = {
  name: "nmea",
  summary: "Reads position and motion from an NMEA 0183 receiver, mostly on a serial line.",
  offers: async (options) => rowsOffer("nmea", options["fields"] ?? PLACE, options),
  probe: async () => ({ works: true, detail: "reads files, sockets, serial lines" }),
  create(options) {
    const settings = new SensorSettings("nmea", options);
    const source = lineSource(settings);
    const stamps = rowStamps(new SensorSettings("nmea", {}));
    const sentence = settings.text("sentence", "RMC");
    const fields = settings.has("fields") ? settings.texts("fields") : PLACE;
    settings.end();
    const unknown = fields.find((field) => !Object.hasOwn(FIELDS, field));
    if (unknown !== undefined || fields.length === 0)
      throw new ConfigError(
        "nmea",
        `expected fields of ${Object.keys(FIELDS).join(", ")}, got ${unknown ?? "none"}`,
      );
    const plan = { where: "nmea", source, stamps, parser: () => sentenceParser(sentence, fields) };
    return { pace: rowPace(plan), frames: (context) => rowFrames(plan, context) };
  },
};

/** A parser that remembers what was said last; wrong checksums make wrong lines. */
function sentenceParser(sentence: string, fields: readonly string[]): (line: string) => ParsedLine {
  const known = new Map<string, number>();
  return (line) => {
    const said = line.trim();
    if (!said.startsWith("$")) return said === "" ? "none" : "wrong";
    let packet: Packet;
    try {
      packet = parseNmeaSentence(said);
    } catch (problem) {
      // A sentence that the library does not know is nothing of ours; a broken one is.
      return String(problem).includes("No known parser") ? "none" : "wrong";
    }
    for (const field of fields) {
      const value = FIELDS[field]?.(packet);
      if (value !== undefined && Number.isFinite(value)) known.set(field, value);
    }
    if (packet.sentenceId !== sentence) return "none";
    return { time: undefined, numbers: fields.map((field) => known.get(field) ?? Number.NaN) };
  };
}
