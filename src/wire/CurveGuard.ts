import { type Observable, Subject } from "rxjs";
import { Context, Reply, type Socket } from "zeromq";

import { ConfigError } from "../errors.ts";
import {
  type CurveClient,
  type CurveKeys,
  checkCurveKeys,
  makeCurveKeys,
  requireCurve,
  z85Of,
} from "./CurveKeys.ts";

/** ZAP (ZeroMQ RFC 27): where the library asks whether a peer may come in. */
const ZAP_ADDRESS = "inproc://zeromq.zap.01";
const ZAP_VERSION = "1.0";
const DOMAIN = "sensorium";
/** Refused peers told apart; the rest are counted together. */
const KEPT_PEERS = 256;

/** Why a peer was not let in. */
export type HandshakeReason = "unknown-key" | "wrong-server-key" | "not-encrypted" | "other";

/** A peer that was not let in. */
export interface HandshakeRefusal {
  readonly reason: HandshakeReason;
  /** What was expected and who came, for a person. */
  readonly problem: string;
  /** Its address, where ZeroMQ tells: of peers with an unknown key. */
  readonly address?: string;
  /** How often it has tried by now. */
  readonly attempts: number;
}

/** Who may come in, and as whom the pipeline answers. */
export interface CurveGuardOptions {
  readonly keys: CurveKeys;
  /** Public keys of the sensors that may connect, by key, with a name for people. */
  readonly allowed: ReadonlyMap<string, string>;
}

/** Problems of a handshake as the library names them. */
interface HandshakeError {
  readonly code?: string;
}

/**
 * Keeps strangers out of a pipeline's sockets: every connection is encrypted (CURVE), and only peers
 * with a key on the list are let in (ZAP).
 *
 * - Sockets opened with `serverOptions` live in the guard's own ZeroMQ context, so several pipelines of
 *   one process can have lists of their own.
 * - A refused peer is counted by reason; it tries again and again, so `refusals` tells of its 1st, 10th,
 *   100th... attempt only.
 * - Dispose it after its sockets. Idempotent.
 */
export class CurveGuard implements AsyncDisposable {
  /** Options for a socket that listens. */
  readonly serverOptions: {
    readonly context: Context;
    readonly curveServer: true;
    readonly curveSecretKey: string;
    readonly zapDomain: string;
  };
  readonly publicKey: string;
  readonly refusals: Observable<HandshakeRefusal>;

  readonly #keys: CurveKeys;
  readonly #allowed: Map<string, string>;
  readonly #reply: Reply;
  readonly #refused = new Subject<HandshakeRefusal>();
  readonly #counts: Record<HandshakeReason, number> = {
    "unknown-key": 0,
    "wrong-server-key": 0,
    "not-encrypted": 0,
    other: 0,
  };
  readonly #attempts = new Map<string, number>();

  private constructor(reply: Reply, context: Context, { keys, allowed }: CurveGuardOptions) {
    this.#reply = reply;
    this.#keys = keys;
    this.#allowed = new Map(allowed);
    this.publicKey = keys.publicKey;
    this.refusals = this.#refused.asObservable();
    this.serverOptions = {
      context,
      curveServer: true,
      curveSecretKey: keys.secretKey,
      zapDomain: DOMAIN,
    };
    // It ends when the socket is closed; until then the library cannot let anybody in without us.
    void this.#answer().catch(() => undefined);
  }

  /** @throws {ConfigError} If a key is none, or the ZeroMQ library cannot encrypt. */
  static async open(options: CurveGuardOptions): Promise<CurveGuard> {
    requireCurve("CurveGuard");
    checkCurveKeys("CurveGuard", options.keys);
    for (const [publicKey, name] of options.allowed)
      checkCurveKeys(`CurveGuard, key of ${name}`, { publicKey, secretKey: publicKey });
    const context = new Context();
    const reply = new Reply({ context, linger: 0 });
    try {
      await reply.bind(ZAP_ADDRESS);
    } catch (cause) {
      reply.close();
      throw new ConfigError("CurveGuard", "expected to answer ZeroMQ's questions, got an error", {
        cause,
      });
    }
    return new CurveGuard(reply, context, options);
  }

  /** Handshakes refused so far, by reason. */
  get refused(): Readonly<Record<HandshakeReason, number>> {
    return { ...this.#counts };
  }

  /** Lets one more peer in. @throws {ConfigError} If the key is none. */
  allow(publicKey: string, name: string): void {
    checkCurveKeys("CurveGuard", { publicKey, secretKey: publicKey });
    this.#allowed.set(publicKey, name);
  }

  /** Makes a key pair, lets its owner in, and gives all that it needs to connect. */
  issue(name: string): CurveClient {
    const keys = makeCurveKeys();
    this.allow(keys.publicKey, name);
    return { ...keys, serverKey: this.publicKey };
  }

  /**
   * What our side needs to connect to somebody on the list: ours are the keys, theirs the proof of who they are.
   *
   * @param who The name or the public key that the list has.
   * @throws {ConfigError} If nobody of that name, or more than one, is on the list.
   */
  reach(who: string): CurveClient {
    const keys = [...this.#allowed].filter(([key, name]) => key === who || name === who);
    const [serverKey] = keys[0] ?? [];
    if (serverKey === undefined || keys.length > 1)
      throw new ConfigError(
        "CurveGuard",
        `expected one entry of the allow-list to be ${who}, got ${keys.length}`,
      );
    return { ...this.#keys, serverKey };
  }

  /** Counts the handshakes that fail on a socket before its peer's key is even known. */
  watch(socket: Pick<Socket, "events">, what: string): void {
    socket.events.on("handshake:error:protocol", ({ error }) => {
      const { code } = error as HandshakeError;
      if (code === "ERR_ZMTP_MECHANISM_MISMATCH")
        this.#refuse("not-encrypted", `${what}: a peer tried to connect without encryption`, what);
      else if (code === "ERR_ZMTP_CRYPTOGRAPHIC")
        this.#refuse(
          "wrong-server-key",
          `${what}: a peer expected another pipeline's public key`,
          what,
        );
      else this.#refuse("other", `${what}: a handshake failed (${code ?? error.message})`, what);
    });
    socket.events.on("handshake:error:other", ({ error }) =>
      this.#refuse(
        "other",
        `${what}: a peer hung up during the handshake, as one without encryption may (${error.message})`,
        what,
      ),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#reply.close();
    this.#refused.complete();
  }

  async #answer(): Promise<void> {
    while (!this.#reply.closed) {
      const [version, id, , address, , mechanism, key] = await this.#reply.receive();
      const known =
        String(mechanism) === "CURVE" && key?.byteLength === 32 && this.#allowed.has(z85Of(key));
      const status = known ? ["200", "OK"] : ["400", "not on the list"];
      if (!known) {
        const from = String(address);
        const shown = key?.byteLength === 32 ? z85Of(key) : `${mechanism}`;
        this.#refuse(
          "unknown-key",
          `${from} came with the key ${shown}, which is not allowed`,
          from,
        );
      }
      await this.#reply.send([version ?? ZAP_VERSION, id ?? "", ...status, "", ""]);
    }
  }

  #refuse(reason: HandshakeReason, problem: string, from: string): void {
    this.#counts[reason]++;
    const name = `${reason} ${problem}`;
    const peer = this.#attempts.has(name) || this.#attempts.size < KEPT_PEERS ? name : reason;
    const attempts = (this.#attempts.get(peer) ?? 0) + 1;
    this.#attempts.set(peer, attempts);
    if (!/^10*$/.test(String(attempts))) return;
    const times = attempts === 1 ? "" : ` (${attempts} times)`;
    this.#refused.next({
      reason,
      problem: `expected a sensor on the allow-list: ${problem}${times}`,
      attempts,
      ...(reason === "unknown-key" && { address: from }),
    });
  }
}
