import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { appendFile, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { join } from "node:path";

import { Aedes } from "aedes";

import type { AttachRequest } from "../../src/server/LiveFeed.ts";
import { freePort } from "../../test/support/freePort.ts";
import { RtspServer } from "../../test/support/RtspServer.ts";

/** Things to sense, and what keeps them going. */
export interface MixedSources extends AsyncDisposable {
  readonly sensors: readonly AttachRequest[];
}

/** Lines, rows and messages a second, of everything that says something now and then. */
const A_SECOND = 20;

/**
 * Eight sources of eight kinds: a growing table, an MQTT topic, words that are posted, a socket with channels, and
 * through ffmpeg a file's sound, a screen, a microphone and a camera on the network.
 *
 * @param folder Where files may be made.
 * @param seconds How long they have to last.
 */
export async function mixedSources(folder: string, seconds: number): Promise<MixedSources> {
  const table = join(folder, "table.csv");
  await writeFile(table, "t,h\n");
  const sound = join(folder, "sound.wav");
  const tone = `sine=frequency=440:sample_rate=16000:duration=${seconds}`;
  spawnSync("ffmpeg", ["-v", "error", "-f", "lavfi", "-i", tone, sound]);

  const broker = await Aedes.createBroker();
  const mqtt = createServer(broker.handle).listen(0, "127.0.0.1");
  const listeners = new Set<Socket>();
  const line = createServer((socket) => {
    listeners.add(socket);
    socket.on("error", () => {}).on("close", () => listeners.delete(socket));
  }).listen(0, "127.0.0.1");
  await Promise.all([once(mqtt, "listening"), once(line, "listening")]);
  const portOf = (server: typeof line): number => (server.address() as AddressInfo).port;
  const port = await freePort();
  const rtsp = new RtspServer();
  await rtsp.start();

  let n = 0;
  const timer = setInterval(() => {
    n++;
    const [x, y] = [Math.sin(n / 9), Math.cos(n / 9)];
    void appendFile(table, `${x},${y}\n`);
    const packet = { cmd: "publish", qos: 0, dup: false, retain: false } as const;
    broker.publish({ ...packet, topic: "hall", payload: JSON.stringify({ x, y }) }, () => {});
    for (const socket of listeners) socket.write(`${x} ${y} ${x * y}\n`);
    const body = `word ${n}`;
    if (n % A_SECOND === 0)
      fetch(`http://127.0.0.1:${port}/`, { method: "POST", body }).catch(() => {});
  }, 1_000 / A_SECOND);

  const sine = "sine=frequency=440:sample_rate=16000:samples_per_frame=160";
  return {
    sensors: [
      { kind: "csv", options: { source: table, follow: "yes", columns: ["0", "1"], head: "no" } },
      {
        kind: "mqtt",
        options: { url: `mqtt://127.0.0.1:${portOf(mqtt)}`, topic: "hall", fields: ["x", "y"] },
      },
      { kind: "text", options: { source: `listen:${port}` } },
      {
        kind: "channels",
        options: { source: `tcp://127.0.0.1:${portOf(line)}` },
        stream: { shape: [3], rate: A_SECOND },
      },
      { kind: "file", options: { path: sound, track: "sound" } },
      { kind: "screen", options: { format: "lavfi", device: "testsrc2=size=320x180:rate=10" } },
      { kind: "microphone", options: { format: "lavfi", device: sine } },
      { kind: "camera", options: { input: rtsp.url }, stream: { rate: 10 } },
    ],
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await rtsp.kill();
      for (const socket of listeners) socket.destroy();
      line.close();
      await new Promise<void>((resolve) => broker.close(() => resolve()));
      mqtt.close();
    },
  };
}
