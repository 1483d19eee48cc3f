import { render } from "preact";

import { SOCKET_PATH } from "../../../src/server/protocol.ts";
import { FrameLoop } from "./draw/FrameLoop.ts";
import { Dashboard } from "./feed/Dashboard.ts";
import { App } from "./panels/App.tsx";
import "./style/page.css";
import "./style/answer.css";
import "./style/timeline.css";
import "./style/sensors.css";
import "./style/teach.css";
import "./style/narrow.css";

const scheme = location.protocol === "https:" ? "wss" : "ws";
const dashboard = new Dashboard({
  url: `${scheme}://${location.host}${SOCKET_PATH}`,
  now: () => performance.now(),
  random: () => Math.random(),
});
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const loop = new FrameLoop({
  edge: () => dashboard.frame(),
  span: (width) => dashboard.scale.value.axis(width),
  calm: () => calm.matches,
});

const root = document.getElementById("app");
if (root !== null) render(<App dashboard={dashboard} loop={loop} />, root);
