import { once } from "node:events";

import { type ClientOptions, WebSocket } from "ws";

import {
  type ClientMessage,
  decodeMessage,
  encodeClientMessage,
  type ServerMessage,
  SOCKET_PATH,
} from "../../src/server/protocol.ts";

/** A program that connects to the server as a dashboard does. */
export class TestClient implements AsyncDisposable {
  readonly socket: WebSocket;
  readonly received: ServerMessage[] = [];
  /** Settles with the close code. */
  readonly closed: Promise<number>;
  #heard: (() => void)[] = [];

  private constructor(socket: WebSocket) {
    this.socket = socket;
    this.closed = once(socket, "close").then(([code]) => Number(code));
    socket.on("error", () => {});
    socket.on("message", (data: Buffer) => {
      const { message, problem } = decodeMessage(data);
      if (message === undefined) throw new Error(problem);
      this.received.push(message);
      const heard = this.#heard;
      this.#heard = [];
      for (const resolve of heard) resolve();
    });
  }

  /** Connects; `url` is the server's own. */
  static async connect(url: string, options: ClientOptions = {}): Promise<TestClient> {
    const address = new URL(SOCKET_PATH, url.replace("http", "ws"));
    const client = new TestClient(new WebSocket(address, options));
    await once(client.socket, "open");
    return client;
  }

  /** Says something in our language. */
  say(message: ClientMessage): void {
    this.socket.send(encodeClientMessage(message));
  }

  /** The first message of a kind that fits, whether it has come or is still to come. */
  async hear<K extends ServerMessage["kind"]>(
    kind: K,
    fits: (message: Extract<ServerMessage, { kind: K }>) => boolean = () => true,
  ): Promise<Extract<ServerMessage, { kind: K }>> {
    for (;;) {
      const found = this.received.find(
        (message): message is Extract<ServerMessage, { kind: K }> =>
          message.kind === kind && fits(message as Extract<ServerMessage, { kind: K }>),
      );
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => this.#heard.push(resolve));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.terminate();
    await this.closed;
  }
}
