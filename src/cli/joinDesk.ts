import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { renderUnicodeCompact } from "uqr";

import { SystemClock } from "../clock/SystemClock.ts";
import { ConfigError } from "../errors.ts";
import type { PipelineRun } from "../pipeline/PipelineRun.ts";
import type { JoinDesk } from "../server/join/JoinDesk.ts";
import { joinOffers } from "../server/join/joinOffers.ts";

/** Bits of a token: beyond guessing. */
const TOKEN_BYTES = 16;

/** Where pages that sense are let in to a run; the token is new each time. */
export function joinDesk(pipeline: PipelineRun): JoinDesk {
  const { name, summary, senses, streams } = pipeline.definition;
  const own = Object.values(streams).map(({ description }) => description);
  return {
    pipeline: name,
    summary,
    get offers() {
      return joinOffers(senses, own, pipeline.hotPlug.guests);
    },
    clock: new SystemClock(),
    token: randomBytes(TOKEN_BYTES).toString("base64url"),
    open: (description, epoch) => pipeline.hotPlug.lend(description, epoch),
  };
}

/** What the link to join says. */
export interface Invitation {
  /** The address that the server was bound to. */
  readonly host: string;
  readonly token: string;
  /** A name that it goes by, which a certificate is made out to; its address unless given. */
  readonly name?: string | undefined;
}

/**
 * What a person is shown to join with another device: the link, and a code to scan.
 *
 * @param url The server's own address.
 */
export function joinInvitation(url: string, { host, token, name }: Invitation): string {
  const link = new URL(`join/#${token}`, url);
  const isOnlyHere = ["127.0.0.1", "localhost", "::1"].includes(host);
  const reached = isOnlyHere ? undefined : (name ?? ownAddress(host));
  if (reached !== undefined) link.hostname = reached;
  const lines = [`join       ${link.href}`];
  if (isOnlyHere) lines.push("           from this machine only; --host 0.0.0.0 lets others in");
  else if (link.protocol === "http:")
    lines.push("           phones lend microphone and camera to https only: --tls-cert, --tls-key");
  return `${lines.join("\n")}\n${isOnlyHere ? "" : `${renderUnicodeCompact(link.href)}\n`}`;
}

/**
 * The certificate and key that the flags name.
 *
 * @throws {ConfigError} If only one is given or a file cannot be read.
 */
export function readTls({
  tlsCert,
  tlsKey,
}: {
  readonly tlsCert?: string;
  readonly tlsKey?: string;
}): { readonly cert: string; readonly key: string } | undefined {
  if (tlsCert === undefined && tlsKey === undefined) return undefined;
  if (tlsCert === undefined || tlsKey === undefined)
    throw new ConfigError("run", "expected --tls-cert and --tls-key together, got one");
  const read = (flag: string, path: string): string => {
    try {
      return readFileSync(path, "utf8");
    } catch (cause) {
      throw new ConfigError(flag, `expected a readable PEM file, got ${path}`, { cause });
    }
  };
  return { cert: read("--tls-cert", tlsCert), key: read("--tls-key", tlsKey) };
}

/** The address under which others in the network find this machine. */
function ownAddress(host: string): string | undefined {
  if (host !== "0.0.0.0" && host !== "::") return host;
  return Object.values(networkInterfaces())
    .flat()
    .find((address) => address !== undefined && address.family === "IPv4" && !address.internal)
    ?.address;
}
