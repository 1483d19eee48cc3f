import { ConfigError } from "../errors.ts";
import { MOST_TRACES } from "../features/ChannelTraces.ts";
import type { StreamDescription } from "../frames/StreamDescription.ts";
import type { OfferedStream } from "../pipeline/offeredStreams.ts";

/** What a new pipeline is made of. */
export interface PipelinePlan {
  readonly name: string;
  readonly streams: readonly OfferedStream[];
  readonly labels: readonly string[];
  /** What the library is imported as: a path, or `sensorium`. */
  readonly library: string;
}

/** The class that means "nothing is happening", unless a label is called so. */
export const NOTHING = "nothing";

/** How one stream enters the pipeline, as code. */
interface StreamCode {
  readonly imports: readonly string[];
  readonly why: string;
  readonly policy: string;
  readonly features: string;
  readonly view: string;
}

const PERIOD_MS = 40;
/** Points of a trace in a row: a row is some four pixels wide. */
const MOST_POINTS = 4;

/**
 * The source of a pipeline, with comments for whoever goes on with it. It has no types in it, so that it is
 * JavaScript and TypeScript alike.
 *
 * @throws {ConfigError} If a stream is of a form that no features here fit.
 */
export function pipelineSource({ name, streams, labels, library }: PipelinePlan): string {
  const codes = streams.map(({ description }) => codeOf(description));
  const imports = new Set(["assetUrl", "definePipeline", "millis", "sensorsFeed"]);
  for (const { imports: own } of codes) for (const one of own) imports.add(one);
  for (const { description } of streams) if (description.rate !== "irregular") imports.add("hertz");
  const sorted = [...imports].sort(byName);
  const by = streams.map(({ description }) => description.stream).join(" and ");
  const oneLine = `import { ${sorted.join(", ")} } from ${quote(library)};`;
  return `${oneLine.length <= 100 ? oneLine : `import {\n${sorted.map((one) => `  ${one},\n`).join("")}} from ${quote(library)};`}

/** The place that all streams belong to. */
const site = ${quote(streams[0]?.description.site ?? "desk")};

/** ${labels.join(", ")}: localised by ${by}. Made by \`sensorium init\`, and yours from here on. */
export default definePipeline({
  name: ${quote(name)},
  summary: ${quote(`${labels.join(", ")}, by ${by}; goes on with what is left when one is gone.`)},
  site,
  // An answer every ${PERIOD_MS} ms. A stream that is more than 120 ms behind is no longer waited for; a frame
  // from more than a second ahead is not believed.
  grid: { period: millis(${PERIOD_MS}), skew: millis(120), future: millis(1_000) },

  streams: {
${streams.map(({ description }, at) => streamSource(description, codes[at])).join("\n")}
  },

  // While this file is not there the pipeline runs untrained: streams are shown, recorded and labelled, and
  // nothing is answered. \`sensorium train pipelines/${name} --recordings DIR\` writes it.
  model: { weights: assetUrl(import.meta.url, "./weights/${name}.safetensors") },

  // The class that holds while no label does.
  silence: ${quote(NOTHING)},
  // Labels, in groups of which one holds at a time. A new label needs recordings of it, and training.
  slots: { event: [${labels.map(quote).join(", ")}] },
  // Streams that give the answer away, and so stay out of scores: a transcript.
  answerStreams: [],

  // Where the frames come from: these sensors, or \`--recording FILE\`. \`sensorium doctor\` says which work here.
  feed: sensorsFeed({
${streams.map(({ description, plan }) => `    ${key(description.stream)}: { kind: ${quote(plan.kind)}, options: ${code(plan.options)} },`).join("\n")}
  }),
});
`;
}

function streamSource(description: StreamDescription, parts: StreamCode | undefined): string {
  const { stream, modality, dtype, shape, rate, span, unit, channels, lateness, idleTimeout } =
    description;
  if (parts === undefined) throw new ConfigError(`stream ${stream}`, "expected features, got none");
  const ms = (time: number): string => `millis(${grouped(time / 1_000)})`;
  return `    ${key(stream)}: {
      description: {
        site,
        stream: ${quote(stream)},
        modality: ${quote(modality)},
        dtype: ${quote(dtype)},
        shape: [${shape.join(", ")}],
        rate: ${rate === "irregular" ? quote(rate) : `hertz(${grouped(rate)})`},${
          span === undefined
            ? ""
            : `\n        // How long one frame lasts from its time on.\n        span: ${ms(span)},`
        }
        unit: ${quote(unit)},${
          channels === undefined ? "" : `\n        channels: [${channels.map(quote).join(", ")}],`
        }
        // How far out of order frames may come, and after what silence nobody waits for it any more.
        lateness: ${ms(lateness)},
        idleTimeout: ${ms(idleTimeout)},
      },
      // ${parts.why}
      policy: ${parts.policy},
      // What the model sees of it, and how the dashboard draws that.
      features: () => ${parts.features},
      view: ${parts.view},
    },`;
}

function codeOf(description: StreamDescription): StreamCode {
  const { modality, dtype, shape, rate, stream } = description;
  const size = shape.reduce((product, length) => product * length, 1);
  if (dtype === "utf8")
    return {
      imports: ["CaptionGrams", "window"],
      why: "The words that began in the last 40 ms.",
      policy: `window({ from: millis(-${PERIOD_MS}), to: millis(0), count: "any", aggregate: "last" })`,
      features: "new CaptionGrams({ lookAhead: millis(0) })",
      view: '{ kind: "captions" }',
    };
  if (modality === "audio" && dtype === "i16" && size === 160 && rate === 100)
    return {
      imports: ["LogMel", "window"],
      why: "The four blocks of 10 ms that lie wholly within the last 40 ms.",
      policy: `window({ from: millis(-50), to: millis(-10), count: 4, aggregate: "concatenate" })`,
      features: "new LogMel()",
      view: '{ kind: "columns", bins: 40, perRow: 4 }',
    };
  const [rows, columns, ...more] = shape;
  if (modality === "video" && dtype === "u8" && rows && columns && more.length === 0) {
    const age = rate === "irregular" ? 250 : Math.round(1_500 / Math.min(rate, 25));
    return {
      imports: ["last", "LipFrames"],
      why: "The newest picture: one that is lost is bridged by the one before, two are a gap.",
      policy: `last({ maxAge: millis(${age}) })`,
      features: `new LipFrames({ rows: ${rows}, columns: ${columns} })`,
      view: `{ kind: "image", width: ${columns}, height: ${rows} }`,
    };
  }
  if (modality === "audio" || modality === "video")
    throw new ConfigError(
      `stream ${stream}`,
      `expected sound of 16 kHz (shape=160,rate=100) or grey pictures (shape=24x32), got ${dtype} [${shape}] ${rate}`,
    );
  const traces = Math.min(size, MOST_TRACES);
  const hertz = rate === "irregular" ? 1 : rate;
  const isFast = rate !== "irregular" && rate >= 1_000 / PERIOD_MS;
  // As many points as frames, as far as a screen can show them.
  const points = isFast ? Math.min(Math.round((hertz * PERIOD_MS) / 1_000), MOST_POINTS) : 1;
  const age = Math.round(rate === "irregular" ? 1_000 : 2_500 / rate);
  return {
    imports: isFast ? ["SensorWindow", "window"] : ["SensorWindow", "last", "hertz"],
    why: isFast
      ? "All that was measured in the last 40 ms."
      : "The newest, while it is fresh enough.",
    policy: isFast
      ? `window({ from: millis(-${PERIOD_MS}), to: millis(0), count: "any", aggregate: "concatenate" })`
      : `last({ maxAge: millis(${age}) })`,
    features: `new SensorWindow({ channels: ${size}, dtype: ${quote(dtype)}, rate: hertz(${grouped(hertz)})${points > 1 ? `, perRow: ${points}` : ""} })`,
    view: `{ kind: "lines", traces: ${traces}, perRow: ${points} }`,
  };
}

/** As the formatter sorts names: letter by letter, a capital before its small letter. */
function byName(a: string, b: string): number {
  for (let at = 0; at < Math.min(a.length, b.length); at++) {
    const [x = "", y = ""] = [a[at], b[at]];
    if (x === y) continue;
    const [small, other] = [x.toLowerCase(), y.toLowerCase()];
    if (small !== other) return small < other ? -1 : 1;
    return x === small ? 1 : -1;
  }
  return a.length - b.length;
}

function quote(text: string): string {
  return JSON.stringify(text);
}

/** A property's name: quoted where it must be. */
function key(name: string): string {
  return /^[A-Za-z_]\w*$/.test(name) ? name : quote(name);
}

function grouped(value: number): string {
  return Number.isInteger(value) && value >= 1_000
    ? String(value).replaceAll(/\B(?=(\d{3})+$)/g, "_")
    : String(value);
}

/** Plain JSON as a person would write it. */
function code(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(code).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).map(([name, own]) => `${key(name)}: ${code(own)}`);
  return entries.length === 0 ? "{}" : `{ ${entries.join(", ")} }`;
}
