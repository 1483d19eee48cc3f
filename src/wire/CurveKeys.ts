import { curveKeyPair } from "zeromq";

import { ConfigError } from "../errors.ts";
import { type TransportFacts, transportFacts } from "./transportFacts.ts";

/** A long-term key pair of one end of an encrypted connection (CURVE), each key 40 characters of Z85. */
export interface CurveKeys {
  readonly publicKey: string;
  readonly secretKey: string;
}

/** What a sensor needs to talk to an encrypted pipeline. */
export interface CurveClient extends CurveKeys {
  /** The pipeline's public key: whoever answers with another one is not talked to. */
  readonly serverKey: string;
}

const Z85 = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";
const KEY = new RegExp(`^[${Z85.replace(/[\]^\\-]/g, "\\$&")}]{40}$`);

/** Whether a text is a key: 32 bytes as Z85. */
export function isCurveKey(text: string): boolean {
  return KEY.test(text);
}

/**
 * A fresh key pair.
 *
 * @throws {ConfigError} If the ZeroMQ library that was loaded cannot encrypt.
 */
export function makeCurveKeys(): CurveKeys {
  requireCurve("keys");
  return curveKeyPair();
}

/**
 * Refuses to go on with a ZeroMQ library that would send in clear what was meant to be encrypted.
 *
 * @throws {ConfigError} If `facts` say that it cannot encrypt.
 */
export function requireCurve(where: string, facts: TransportFacts = transportFacts()): void {
  if (!facts.encrypts)
    throw new ConfigError(
      where,
      `expected a ZeroMQ library with CURVE, got ${facts.version} without; reinstall with npm ci`,
    );
}

/** @throws {ConfigError} If one of the keys is none. */
export function checkCurveKeys(where: string, keys: CurveKeys | CurveClient): void {
  for (const [name, key] of Object.entries(keys))
    if (!isCurveKey(key))
      throw new ConfigError(where, `${name} must be 40 characters of Z85, got ${key.length}`);
}

/**
 * The socket options of a connecting end; none where nothing is to be encrypted.
 *
 * @throws {ConfigError} If a key is none, or the ZeroMQ library cannot encrypt.
 */
export function curveClientOptions(
  where: string,
  client: CurveClient | undefined,
): { curveServerKey?: string; curvePublicKey?: string; curveSecretKey?: string } {
  if (client === undefined) return {};
  requireCurve(where);
  checkCurveKeys(where, client);
  const { serverKey, publicKey, secretKey } = client;
  return { curveServerKey: serverKey, curvePublicKey: publicKey, curveSecretKey: secretKey };
}

/** Bytes as Z85 (ZeroMQ RFC 32); their number must be a multiple of 4. */
export function z85Of(bytes: Uint8Array): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let text = "";
  for (let at = 0; at < bytes.byteLength; at += 4) {
    const value = view.getUint32(at);
    for (const place of [85 ** 4, 85 ** 3, 85 ** 2, 85, 1])
      text += Z85[Math.floor(value / place) % 85] ?? "";
  }
  return text;
}
