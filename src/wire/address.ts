import { ConfigError } from "../errors.ts";

const LOCAL = /^(?:ipc:\/\/|inproc:\/\/|tcp:\/\/(?:127(?:\.\d{1,3}){3}|localhost|\[::1\]):)/;

/** Whether only this machine reaches a ZeroMQ address. */
export function isLocalAddress(address: string): boolean {
  return LOCAL.test(address);
}

/**
 * Refuses to listen where other machines reach us, since nothing on the wire is authenticated yet.
 *
 * @throws {ConfigError} Unless the address is local or `insecure` says that this is meant.
 */
export function checkBindAddress(where: string, address: string, insecure: boolean): void {
  if (!insecure && !isLocalAddress(address))
    throw new ConfigError(
      where,
      `expected a loopback, ipc or inproc address (or insecure: true), got ${address}`,
    );
}
