/** A JSON schema under the name by which viewers know it. */
export interface NamedSchema {
  readonly name: string;
  readonly schema: object;
}

const TIME = {
  type: "object",
  title: "time",
  properties: {
    sec: { type: "integer", minimum: 0 },
    nsec: { type: "integer", minimum: 0, maximum: 999_999_999 },
  },
} as const;
const BYTES = { type: "string", contentEncoding: "base64" } as const;
const TEXT = { type: "string" } as const;
const NUMBER = { type: "number" } as const;
const INTEGER = { type: "integer" } as const;

function object(name: string, properties: Readonly<Record<string, object>>): NamedSchema {
  return { name, schema: { title: name, type: "object", properties } };
}

const list = (items: object): object => ({ type: "array", items });

/** An uncompressed picture: Foxglove's own schema, drawn by its Image panel. */
export const RAW_IMAGE = object("foxglove.RawImage", {
  timestamp: TIME,
  frame_id: TEXT,
  width: INTEGER,
  height: INTEGER,
  encoding: TEXT,
  step: INTEGER,
  data: BYTES,
});

/** A piece of sound: Foxglove's own schema, drawn by its Audio panel. */
export const RAW_AUDIO = object("foxglove.RawAudio", {
  timestamp: TIME,
  data: BYTES,
  format: TEXT,
  sample_rate: INTEGER,
  number_of_channels: INTEGER,
});

/** A line of text: Foxglove's own schema, listed by its Log panel. */
export const LOG = object("foxglove.Log", {
  timestamp: TIME,
  level: INTEGER,
  message: TEXT,
  name: TEXT,
  file: TEXT,
  line: INTEGER,
});

/** The numbers of one frame. */
export const NUMBERS = object("sensorium.Numbers", { timestamp: TIME, values: list(NUMBER) });

/** What the pipeline answers about one instant, from all streams and from each alone. */
export const ANSWER = object("sensorium.Answer", {
  timestamp: TIME,
  label: TEXT,
  probability: NUMBER,
  streams: list({
    type: "object",
    properties: {
      stream: TEXT,
      presence: TEXT,
      label: TEXT,
      probability: NUMBER,
      weight: NUMBER,
      code: INTEGER,
    },
  }),
  subsets: list({
    type: "object",
    properties: { streams: TEXT, label: TEXT, probability: NUMBER },
  }),
});

/** An event as it is told: a provisional one is told again when it has changed. */
export const EVENT = object("sensorium.Event", {
  timestamp: TIME,
  id: TEXT,
  label: TEXT,
  from: TIME,
  to: TIME,
  seconds: NUMBER,
  score: NUMBER,
  state: TEXT,
  modalities: list(TEXT),
});

/** How every stream is. */
export const HEALTH = object("sensorium.Health", {
  timestamp: TIME,
  streams: list({
    type: "object",
    properties: {
      stream: TEXT,
      state: TEXT,
      rate: NUMBER,
      ageSeconds: NUMBER,
      unused: INTEGER,
      problem: TEXT,
    },
  }),
});
