import { WireError } from "../errors.ts";
import { AsciiCache } from "./AsciiCache.ts";

/** `site/stream/`: the trailing slash keeps a subscription to `a/b` from matching `a/bc`. */
export function topicOf(site: string, stream: string): string {
  return `${site}/${stream}/`;
}

/** A topic and its two names. */
export interface Topic {
  readonly topic: string;
  readonly site: string;
  readonly stream: string;
}

const TOPIC = /^([A-Za-z0-9._-]{1,64})\/([A-Za-z0-9._-]{1,64})\/$/;
/** Most bytes of a topic. */
export const MAX_TOPIC_BYTES = 130;

const known = new AsciiCache((text): Topic | undefined => {
  const [, site, stream] = TOPIC.exec(text) ?? [];
  return site === undefined || stream === undefined ? undefined : { topic: text, site, stream };
});

/**
 * Site and stream of a topic in `bytes[start, end)`.
 *
 * @throws {WireError} `topic`, if it is not of the form `site/stream/`.
 */
export function parseTopic(bytes: Uint8Array, start = 0, end = bytes.byteLength): Topic {
  const topic = known.get(bytes, start, end);
  if (topic === undefined) {
    const length = end - start;
    const shown =
      length <= MAX_TOPIC_BYTES
        ? JSON.stringify(Buffer.from(bytes.subarray(start, end)).toString("latin1"))
        : `${length} bytes`;
    throw new WireError("topic", "topic", `expected site/stream/, got ${shown}`);
  }
  return topic;
}
