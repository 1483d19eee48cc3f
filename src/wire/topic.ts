import { WireError } from "../errors.ts";

/** `site/stream/`: the trailing slash keeps a subscription to `a/b` from matching `a/bc`. */
export function topicOf(site: string, stream: string): string {
  return `${site}/${stream}/`;
}

const TOPIC = /^([A-Za-z0-9._-]{1,64})\/([A-Za-z0-9._-]{1,64})\/$/;
const MAX_TOPIC_BYTES = 130;

/**
 * Site and stream of a topic.
 *
 * @throws {WireError} `topic`, if it is not of the form `site/stream/`.
 */
export function parseTopic(bytes: Uint8Array): { site: string; stream: string } {
  const text =
    bytes.byteLength <= MAX_TOPIC_BYTES ? Buffer.from(bytes).toString("latin1") : undefined;
  const [, site, stream] = text === undefined ? [] : (TOPIC.exec(text) ?? []);
  if (site === undefined || stream === undefined)
    throw new WireError(
      "topic",
      "topic",
      `expected site/stream/, got ${JSON.stringify(text) ?? `${bytes.byteLength} bytes`}`,
    );
  return { site, stream };
}
