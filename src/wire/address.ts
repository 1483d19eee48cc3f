import { ConfigError } from "../errors.ts";

const LOCAL = /^(?:ipc:\/\/|inproc:\/\/|tcp:\/\/(?:127(?:\.\d{1,3}){3}|localhost|\[::1\]):)/;

/** Whether only this machine reaches a ZeroMQ address. */
export function isLocalAddress(address: string): boolean {
  return LOCAL.test(address);
}

/**
 * Refuses to listen in clear where other machines reach us.
 *
 * @param mayBeReached Whether the socket is encrypted and guarded, or somebody said `insecure`.
 * @throws {ConfigError} Unless the address is local or it may be reached.
 */
export function checkBindAddress(where: string, address: string, mayBeReached: boolean): void {
  if (!mayBeReached && !isLocalAddress(address))
    throw new ConfigError(
      where,
      `expected a loopback, ipc or inproc address, CURVE keys or insecure: true, got ${address}`,
    );
}

/** A publisher to subscribe to: its address and, where it encrypts, who it is. */
export interface PublisherAddress {
  readonly address: string;
  /** Its name or its public key on the allow-list. */
  readonly who?: string;
}

const PUBLISHER = /^(?:(.+)@)?([a-z]+:\/\/.*)$/s;

/** What `address` or `who@address` says. A key may have an `@` of its own: the last one counts. */
export function parsePublisher(text: string): PublisherAddress {
  const [, who, address = text] = PUBLISHER.exec(text) ?? [];
  return who === undefined ? { address } : { address, who };
}
