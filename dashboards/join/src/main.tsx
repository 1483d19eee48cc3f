import { render } from "preact";

import { JOIN_SOCKET_PATH } from "../../../src/server/joinProtocol.ts";
import { JoinLink } from "./link/JoinLink.ts";
import { JoinApp } from "./panels/JoinApp.tsx";
import { SOURCE_KINDS } from "./sources/kinds.ts";
import "./style/join.css";

// In the fragment, which browsers keep to themselves, not in the address that servers note down.
const token = location.hash.slice(1);
const scheme = location.protocol === "https:" ? "wss" : "ws";
const address = `${scheme}://${location.host}${JOIN_SOCKET_PATH}`;
const link = new JoinLink(`${address}?token=${encodeURIComponent(token)}`);

const root = document.getElementById("app");
if (root !== null) render(<JoinApp link={link} kinds={SOURCE_KINDS} />, root);
