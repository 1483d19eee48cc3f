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
