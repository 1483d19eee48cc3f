import { capability, version } from "zeromq";

/** What the ZeroMQ library that was loaded can do. */
export interface TransportFacts {
  readonly version: string;
  /** Whether connections can be encrypted and peers authenticated (CURVE). */
  readonly encrypts: boolean;
}

/** What the ZeroMQ library that was loaded can do. */
export function transportFacts(): TransportFacts {
  return { version, encrypts: capability.curve === true };
}
