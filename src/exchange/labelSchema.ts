import { EVENT, type NamedSchema } from "../server/foxglove/schemas.ts";

const { timestamp, label, from, to, seconds } = (
  EVENT.schema as { readonly properties: Readonly<Record<string, object>> }
).properties;
const TEXT = { type: "string" };

/** Something known to have happened, as viewers get it: times as in an event. */
export const LABEL: NamedSchema = {
  name: "sensorium.Label",
  schema: {
    title: "sensorium.Label",
    type: "object",
    properties: { timestamp, label, slot: TEXT, by: TEXT, from, to, seconds },
  },
};
