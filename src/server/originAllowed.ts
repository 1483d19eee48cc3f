import { isIP } from "node:net";

/** What a request for the WebSocket says about where it comes from, and where it thinks it goes. */
export interface RequestedFrom {
  /** `Origin` header; absent for programs that are no browsers. */
  readonly origin: string | undefined;
  /** `Host` header. */
  readonly host: string | undefined;
}

/**
 * Whether a page may open the WebSocket: only the one that this server itself served.
 *
 * The origin has to be the host asked for. That alone would let a page in whose name was re-bound to our
 * address (DNS rebinding), so the host has to be an address, `localhost`, or named by whoever started us.
 * Programs that are no browsers send no origin and are let in: they could say anything.
 */
export function originAllowed(
  { origin, host }: RequestedFrom,
  allowedHosts: readonly string[],
): boolean {
  if (origin === undefined) return true;
  const from = urlOf(origin);
  const to = host === undefined ? undefined : urlOf(`http://${host}`);
  if (from === undefined || to === undefined) return false;
  if (from.host !== to.host) return false;
  const name = to.hostname.replace(/^\[|\]$/g, "");
  return name === "localhost" || isIP(name) !== 0 || allowedHosts.includes(name);
}

function urlOf(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}
