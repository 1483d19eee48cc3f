import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { resolve } from "node:path";

import { LogError } from "../errors.ts";

/**
 * Keeps two processes from writing one log.
 *
 * A name in Linux's abstract socket namespace: it goes with the process, however that ends, so nothing is
 * left behind that would keep its successor out. Elsewhere nothing is locked.
 */
export class WriterLock implements AsyncDisposable {
  readonly #server: Server | undefined;

  private constructor(server: Server | undefined) {
    this.#server = server;
  }

  /** @throws {LogError} If somebody else writes to the same path. */
  static async take(path: string): Promise<WriterLock> {
    if (process.platform !== "linux") return new WriterLock(undefined);
    const name = createHash("sha256").update(resolve(path)).digest("hex");
    const server = createServer((socket) => socket.destroy());
    server.listen(`\0sensorium-log-${name}`);
    try {
      await once(server, "listening");
    } catch (cause) {
      throw new LogError(path, "expected a log that nobody else writes to, got one in use", {
        cause,
      });
    }
    server.unref();
    return new WriterLock(server);
  }

  /** Lets others write. Idempotent. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#server?.listening !== true) return;
    this.#server.close();
    await once(this.#server, "close");
  }
}
