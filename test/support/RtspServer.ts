import { type ChildProcess, spawn } from "node:child_process";
import { createSocket, type Socket as UdpSocket } from "node:dgram";
import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";

const SDP = [
  ...["v=0", "o=- 0 0 IN IP4 127.0.0.1", "s=a test", "t=0 0", "m=video 0 RTP/AVP 96"],
  ...["c=IN IP4 0.0.0.0", "a=rtpmap:96 H264/90000", "a=fmtp:96 packetization-mode=1"],
  ...["a=control:trackID=0", ""],
].join("\r\n");

/** Moving pictures, ten a second, each key picture with all that is needed to begin there. */
const PICTURES = [
  ...["-v", "error", "-re", "-f", "lavfi", "-i", "testsrc2=size=160x120:rate=10"],
  ...["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-g", "5"],
  ...["-pix_fmt", "yuv420p", "-bsf:v", "dump_extra", "-f", "rtp"],
];

/**
 * A camera on the network: an RTSP server (RFC 2326, RTP interleaved on its connection) whose pictures come from
 * ffmpeg. `kill` is a pulled plug; `start` puts it back under the same address.
 */
export class RtspServer implements AsyncDisposable {
  readonly #connections = new Set<Socket>();
  readonly #watching = new Set<Socket>();
  #server: Server | undefined;
  #rtp: UdpSocket | undefined;
  #ffmpeg: ChildProcess | undefined;
  #port = 0;

  /** Where a client finds it. */
  get url(): string {
    return `rtsp://127.0.0.1:${this.#port}/camera`;
  }

  async start(): Promise<void> {
    const rtp = createSocket("udp4");
    rtp.on("message", (packet) => {
      const frame = Buffer.alloc(4 + packet.length);
      frame.writeUInt8(0x24, 0);
      frame.writeUInt16BE(packet.length, 2);
      packet.copy(frame, 4);
      for (const socket of this.#watching) socket.write(frame);
    });
    rtp.bind(0, "127.0.0.1");
    await once(rtp, "listening");
    this.#rtp = rtp;
    const address = `rtp://127.0.0.1:${rtp.address().port}?pkt_size=1200`;
    this.#ffmpeg = spawn("ffmpeg", [...PICTURES, address], { stdio: "ignore" });
    const server = createServer((socket) => this.#greet(socket));
    server.listen(this.#port, "127.0.0.1");
    await once(server, "listening");
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  /** Gone from one moment to the next, without a word. */
  async kill(): Promise<void> {
    const { exitCode = 0, signalCode } = this.#ffmpeg ?? {};
    if (this.#ffmpeg && exitCode === null && signalCode === null) {
      const gone = once(this.#ffmpeg, "close");
      this.#ffmpeg.kill("SIGKILL");
      await gone;
    }
    this.#watching.clear();
    for (const socket of this.#connections) socket.resetAndDestroy();
    this.#connections.clear();
    this.#rtp?.close();
    const server = this.#server;
    if (server?.listening) await new Promise((resolve) => server.close(resolve));
    this.#rtp = undefined;
    this.#server = undefined;
    this.#ffmpeg = undefined;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill();
  }

  #greet(socket: Socket): void {
    this.#connections.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => {
      this.#connections.delete(socket);
      this.#watching.delete(socket);
    });
    let heard = "";
    socket.setEncoding("latin1").on("data", (text: string) => {
      heard += text;
      for (let end = heard.indexOf("\r\n\r\n"); end >= 0; end = heard.indexOf("\r\n\r\n")) {
        this.#answer(socket, heard.slice(0, end));
        heard = heard.slice(end + 4);
      }
    });
  }

  #answer(socket: Socket, request: string): void {
    const method = /([A-Z_]+) rtsp/.exec(request)?.[1] ?? "";
    const sequence = /cseq: *(\d+)/i.exec(request)?.[1] ?? "0";
    const lines = ["RTSP/1.0 200 OK", `CSeq: ${sequence}`];
    let body = "";
    if (method === "OPTIONS") lines.push("Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN");
    if (method === "DESCRIBE") {
      body = SDP;
      lines.push(`Content-Base: ${this.url}/`, "Content-Type: application/sdp");
    }
    if (method === "SETUP") lines.push("Transport: RTP/AVP/TCP;unicast;interleaved=0-1");
    if (method !== "OPTIONS" && method !== "DESCRIBE") lines.push("Session: 1");
    lines.push(`Content-Length: ${body.length}`, "", body);
    socket.write(lines.join("\r\n"));
    if (method === "PLAY") this.#watching.add(socket);
  }
}
