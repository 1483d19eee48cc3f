import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** A cable to a TCP address that can be cut: every connection through it is lost, and may be made anew. */
export class CuttableLine implements AsyncDisposable {
  readonly #server: Server;
  readonly #ends = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
  }

  /** @param endpoint `tcp://host:port`, where it leads. */
  static async open(endpoint: string): Promise<CuttableLine> {
    const { hostname, port } = new URL(endpoint);
    const server = createServer((near) => {
      const far = connect(Number(port), hostname);
      for (const [end, other] of [
        [near, far],
        [far, near],
      ] as const) {
        line.#ends.add(end);
        end
          .on("error", () => {})
          .on("close", () => {
            line.#ends.delete(end);
            other.destroy();
          });
      }
      near.pipe(far).pipe(near);
    });
    const line = new CuttableLine(server);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return line;
  }

  /** `tcp://host:port` of its near end. */
  get endpoint(): string {
    return `tcp://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Ends every connection at once, as a cable does. */
  cut(): void {
    for (const end of this.#ends) end.resetAndDestroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    this.cut();
    await closed;
  }
}
