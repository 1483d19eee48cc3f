/** Serves the dashboard with made-up data, to work on its looks: `npx tsx test/support/serveSynthetic.ts [port]`. */
import { SystemClock } from "../../src/clock/SystemClock.ts";
import { Server } from "../../src/server/Server.ts";
import { runSynthetic } from "./runSynthetic.ts";
import { SyntheticFeed } from "./SyntheticFeed.ts";

const clock = new SystemClock();
const feed = new SyntheticFeed(clock.now());
await using server = await Server.start(feed, { clock, port: Number(process.argv[2] ?? 8_080) });
process.stdout.write(`${server.url}\n`);
const stop = new AbortController();
process.once("SIGINT", () => stop.abort());
await runSynthetic(feed, clock, stop.signal);
