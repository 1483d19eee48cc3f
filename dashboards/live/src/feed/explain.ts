import type {
  HelloMessage,
  StatusMessage,
  StreamsMessage,
} from "../../../../src/server/protocol.ts";
import type { LineState } from "./LineState.ts";

/** What is known about why there may be nothing to see. */
export interface Situation {
  readonly line: LineState;
  /** Whether the line has ever been open. */
  readonly wasOpen: boolean;
  readonly hello: HelloMessage | undefined;
  readonly status: StatusMessage | undefined;
  readonly streams: StreamsMessage | undefined;
  /** ms since the newest row arrived; undefined before the first. */
  readonly rowAge: number | undefined;
  /** ms, of the page's clock. */
  readonly now: number;
}

/** Plain words for a person: what is the matter, and what would help. */
export interface Explanation {
  readonly title: string;
  readonly detail: string;
  /** `calm` where everything is as it should be and merely takes a moment. */
  readonly tone: "calm" | "trouble";
}

/** Rows come every few tens of ms; a second without any is seen by everybody in the room. */
const STALLED_MS = 1_200;

/** Why there is nothing new to see; undefined when there is. */
export function explain(situation: Situation): Explanation | undefined {
  const { line, wasOpen, hello, status, rowAge, now } = situation;
  if (line.kind === "lost") {
    const wait = Math.max(1, Math.ceil((line.retryAt - now) / 1_000));
    return {
      title: wasOpen ? "Connection lost" : "No connection",
      detail: line.reason
        ? `The server closed it: ${line.reason}. Trying again in ${wait} s.`
        : `Nobody answers at this address. Is the pipeline still running? Trying again in ${wait} s.`,
      tone: "trouble",
    };
  }
  if (line.kind === "connecting")
    return { title: "Connecting", detail: "Looking for the pipeline.", tone: "calm" };
  if (hello === undefined)
    return { title: "Connected", detail: "Waiting for the pipeline.", tone: "calm" };
  if (status?.state === "failed")
    return { title: "The pipeline has failed", detail: status.text, tone: "trouble" };
  if (status?.state === "ended")
    return { title: "The pipeline has ended", detail: status.text, tone: "calm" };
  if (rowAge !== undefined && rowAge <= STALLED_MS) return allSilent(situation);
  if (status !== undefined && status.state !== "running")
    return {
      title: status.state === "starting" ? "Starting" : "Waiting",
      detail: status.text,
      tone: status.state === "starting" ? "calm" : "trouble",
    };
  if (rowAge === undefined)
    return { title: "Nothing yet", detail: `No row has come. ${states(situation)}`, tone: "calm" };
  return {
    title: "Standing still",
    detail: `The last row came ${(rowAge / 1_000).toFixed(0)} s ago. ${states(situation)}`,
    tone: "trouble",
  };
}

function allSilent(situation: Situation): Explanation | undefined {
  const { hello, streams } = situation;
  const counting = new Set(
    hello?.streams.filter(({ counts }) => counts).map(({ stream }) => stream),
  );
  const sensed = streams?.streams.filter(({ stream }) => counting.has(stream)) ?? [];
  const silent = sensed.every(({ state }) => state !== "live" && state !== "late");
  if (sensed.length === 0 || !silent) return undefined;
  return {
    title: "Every sensor is silent",
    detail: `${states(situation)} The answer goes on as soon as one of them speaks.`,
    tone: "trouble",
  };
}

function states({ streams }: Situation): string {
  const list = streams?.streams.map(({ stream, state }) => `${stream} is ${state}`) ?? [];
  return list.length === 0 ? "Nothing is known of any sensor." : `${list.join(", ")}.`;
}
